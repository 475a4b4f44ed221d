"""The one root of every error that a person is told about."""


class FamiError(Exception):
    """Something a person can act on; its text is one sentence that says what happened and what to do."""


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
