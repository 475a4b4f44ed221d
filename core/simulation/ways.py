"""The ways of labelling that are compared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    """What the program does for the labeller.

    Attributes:
        name: as the JSON says it.
        words: as tables say it.
        predicts: whether there are predictions to begin with; else every joint is placed by hand.
        mends: whether the frames around a correction follow it.
        round_every: a round of fine-tuning after so many frames looked at, and a prediction with what came of it; None
            for no rounds.
    """

    name: str
    words: str
    predicts: bool = True
    mends: bool = True
    round_every: int | None = None


NOTHING = Way("nothing", "from nothing", predicts=False, mends=False)
PREDICTION = Way("prediction", "prediction alone", mends=False)
REPAIR = Way("repair", "repair in place")
WAYS = (
    NOTHING,
    PREDICTION,
    REPAIR,
    *(Way(f"rounds_{every}", f"repair, rounds of {every}", round_every=every) for every in (5, 10, 20)),
)
