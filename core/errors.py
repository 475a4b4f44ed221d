"""The one root of every error that a person is told about."""

LONGEST_SENTENCE = 1000
"""Letters; a longer one is cut in its middle, so that it keeps what happened and what to do."""


def in_one_line(text: str) -> str:
    """Text for a line on the screen, whatever a stranger's file put into it: of bounded length, without controls.

    Files name joints, people and pictures, and sentences quote them: line ends, letters that turn the direction of
    writing, halves of letters that no terminal can print, and names of megabytes.
    """
    if len(text) > LONGEST_SENTENCE:
        text = f"{text[: LONGEST_SENTENCE * 2 // 3]} ... {text[-LONGEST_SENTENCE // 4 :]}"
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in " ".join(text.split()))


class FamiError(Exception):
    """Something a person can act on; its text is one sentence that says what happened and what to do."""

    def __init__(self, *words: object) -> None:
        super().__init__(*(in_one_line(word) if isinstance(word, str) else word for word in words))


class SourceError(FamiError):
    """A video or a folder of images cannot be opened or read."""


class FormatError(FamiError):
    """A label file is not what its name or its user says it is."""


class ProjectError(FamiError):
    """A project file cannot be opened, read or written."""


class WeightsError(FamiError):
    """A weights file is missing, is not one, or does not fit the network."""


class KeypointsUnknownError(WeightsError):
    """A checkpoint does not say whether its heatmaps are PoseTrack's keypoints or COCO's: a person has to."""


class PredictionError(FamiError):
    """The network could not run: no people, no usable weights, or no memory left."""


class TrainingError(FamiError):
    """A training or a round of fine-tuning cannot start or did not finish."""


class FetchError(FamiError):
    """A file could not be fetched from the network, or what came is not the one expected."""


class Cancelled(Exception):  # noqa: N818 - a person's wish, not an error
    """Raised inside long work after its cancel was asked for; the caller keeps what is finished."""
