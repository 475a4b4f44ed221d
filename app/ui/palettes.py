"""The palettes: one colour for each thing that colour means, three times over.

What a colour means is the same on the picture, the timeline, the lists and the queue, and no two things share one.
The machine's word is violet, a person's green or yellow, trouble red; limbs have the colours of the body's sides, and
boxes pale ones that tell people apart. tests/app/ui/test_theme.py measures how far apart they are for eyes that lack
one kind of cone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Meaning(StrEnum):
    """What a colour of a palette says; the value is its word on screen."""

    PREDICTED = "predicted"
    PROPAGATED = "propagated"
    INTERPOLATED = "interpolated"
    IMPORTED = "imported"
    ACCEPTED = "accepted"
    CORRECTED = "corrected"
    DOUBTFUL = "doubtful"
    LOST = "lost"


@dataclass(frozen=True)
class Palette:
    """A set of colours, as "#rrggbb".

    Attributes:
        name: as it is remembered, and as the action that chooses it ends.
        colours: of each meaning.
        sides: of a limb, by `Skeleton.side`.
    """

    name: str
    colours: Mapping[Meaning, str]
    sides: Mapping[str, str]


def _palette(name: str, colours: str, sides: str) -> Palette:
    """Colours in the order of `Meaning`; sides from left to right to centre."""
    return Palette(
        name,
        MappingProxyType(dict(zip(Meaning, colours.split(), strict=True))),
        MappingProxyType(dict(zip(("left", "right", "centre"), sides.split(), strict=True))),
    )


# Found by a search about the named sets for the colours that stay furthest apart for every eye, on dark grounds.
PALETTES: tuple[Palette, ...] = (
    _palette("okabe_ito", "#9877ee #ebccff #cc80b6 #b1d9c1 #00a07b #eed50a #ff7844 #ff3f72", "#56b4e9 #f0a020 #e4e7eb"),
    _palette(
        "tol_bright", "#8c7cf9 #c6c4fb #ce63c8 #9ed9bd #57d573 #e8d94b #f44f7c #e864a9", "#66aaee #ee9a40 #f0f0f0"
    ),
    _palette(
        "high_contrast", "#807bff #c9bdff #d55fbf #b6f1c2 #00d060 #f7ef00 #ff481f #fb5997", "#30a8ff #ffa000 #ffffff"
    ),
)
"""The first is taken where nobody has chosen."""

PERSON_COLOURS: tuple[str, ...] = (
    "#85dbd7", "#dc8b88", "#919eda", "#dad090", "#7bae7d", "#e0a8db", "#a7a28b", "#81a6b7", "#deccd7",
)  # fmt: skip
"""Pale, so that no box is taken for a state; the number tells people apart, also beyond the ninth."""
