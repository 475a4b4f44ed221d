"""Which weights are taken: those that a person named or chose, else the best that are fast enough here.

Looks at files only; torch is loaded where speeds have to be compared, which is never done on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.weights.available import WeightsFile, available_weights, catalogue
from core.errors import WeightsError
from core.files import places

BUDGET_S = 0.5
"""Seconds for one person in one frame that the weights taken by default may need: five minutes for two people in
300 frames. Whoever wants to wait longer for better poses chooses the weights."""

CHOSEN_SETTING = "weights"
HOW_TO_GET_SOME = (
    "fetch some with 'python main.py weights fetch NAME' ('weights list' has the names), "
    "or import a file with 'python main.py weights import PATH'"
)


@dataclass(frozen=True)
class Choice:
    """The weights that are taken where a project has none of its own.

    Attributes:
        weights: the file.
        why: a few words.
        unusable: a sentence for each file that would have come first, but cannot be read.
    """

    weights: WeightsFile
    why: str
    unusable: tuple[str, ...] = ()


def chosen_weights(at_hand: Sequence[WeightsFile]) -> WeightsFile | None:
    """The weights that the person chose for everything, None if nobody chose or they are gone."""
    name = places.read_settings().get(CHOSEN_SETTING)
    return next((weights for weights in at_hand if weights.name == name), None)


def default_weights(device: str = "auto") -> Choice | None:
    """The weights to take where a project has none of its own; None if there are none at hand.

    A person's choice, else the best at hand: the first of `available_weights` that predicts one person in one frame
    within `BUDGET_S` on the device. May load torch: not for the window's thread.

    Raises:
        WeightsError: the catalogue cannot be read.
        PredictionError: there is no such device.
    """
    at_hand = available_weights()
    chosen = chosen_weights(at_hand)
    if chosen is not None:
        return Choice(chosen, "chosen by you")
    if len(at_hand) < 2:
        return Choice(at_hand[0], "the only weights available") if at_hand else None
    from app.weights.facts import seconds_on  # noqa: PLC0415 - loads torch

    return best_of(at_hand, seconds_on(device))


def best_of(at_hand: Sequence[WeightsFile], seconds: Callable[[WeightsFile], float]) -> Choice:
    """The first that is fast enough, else the fastest; weights that cannot be read are passed over.

    Args:
        at_hand: at least one, the ones to prefer first.
        seconds: for one person in one frame; asked for no more weights than the choice needs. Raises WeightsError
            for a file that cannot be read.
    """
    unusable: list[str] = []
    slow: list[tuple[float, WeightsFile]] = []
    for weights in at_hand:
        try:
            needed = seconds(weights)
        except WeightsError as error:
            unusable.append(str(error))
            continue
        if needed <= BUDGET_S:
            why = "the best available that is fast enough here" if slow else "the best available"
            return Choice(weights, why, tuple(unusable))
        slow.append((needed, weights))
    if not slow:
        return Choice(at_hand[0], "the first available")
    return Choice(min(slow, key=lambda pair: pair[0])[1], "the fastest available", tuple(unusable))


def find_weights(name_or_path: str | None, device: str = "auto") -> Path:
    """The weights that a person named: a path, or a name as `weights list` shows it; None takes the default.

    Raises:
        WeightsError: there are none of that name, or none at all.
        PredictionError: there is no such device.
    """
    if name_or_path is None:
        choice = default_weights(device)
        if choice is None:
            raise WeightsError(f"There are no weights to predict with; {HOW_TO_GET_SOME}.")
        return choice.weights.path
    if Path(name_or_path).is_file():
        return Path(name_or_path)
    at_hand = available_weights()
    for weights in at_hand:
        if name_or_path in (weights.name, weights.path.name, weights.path.stem):
            return weights.path
    if any(entry.name == name_or_path for entry in catalogue()):
        raise WeightsError(
            f"{name_or_path} is not on this machine yet; fetch it with 'python main.py weights fetch {name_or_path}'."
        )
    names = ", ".join(weights.name for weights in at_hand)
    choice_of = f"choose one of: {names}" if names else HOW_TO_GET_SOME
    raise WeightsError(f"There are no weights at, or named, '{name_or_path}'; {choice_of}.")
