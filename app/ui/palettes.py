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


@dataclass(frozen=True)
class Look:
    """The grounds and the writing of the window, as "#rrggbb"; what they mean is said in `app.ui.theme`."""

    name: str
    background: str
    surface: str
    alternate: str
    raised: str
    field: str
    border: str
    border_strong: str
    text: str
    text_muted: str
    text_disabled: str
    accent: str
    accent_hover: str
    accent_text: str
    selection: str
    progress: str
    error: str
    good: str
    trouble: str
    trouble_text: str
    warning: str
    warning_border: str
    warning_text: str


DARK = Look(
    name="dark", background="#191c20", surface="#20242a", alternate="#242930", raised="#2b3038", field="#191c20",
    border="#363c46",
    border_strong="#4a525e", text="#e6e9ed", text_muted="#a3acb8", text_disabled="#8a939f", accent="#4c9be8",
    accent_hover="#6cb0f2", accent_text="#0b1622", selection="#2c4a6b", progress="#2a6198", error="#ff7a6b",
    good="#33c094", trouble="#46231f", trouble_text="#ffe3de", warning="#4a3a12", warning_border="#8a6d1f",
    warning_text="#ffe08a",
)  # fmt: skip
LIGHT = Look(
    name="light", background="#e8ebef", surface="#f6f7f9", alternate="#eef0f3", raised="#ffffff", field="#ffffff",
    border="#d0d5dc",
    border_strong="#a2abb7", text="#1a1e24", text_muted="#454e5a", text_disabled="#5f6874", accent="#175fae",
    accent_hover="#1f74cf", accent_text="#ffffff", selection="#cde2f8", progress="#9fc6ef", error="#a9221b",
    good="#006b4b", trouble="#fbe0dc", trouble_text="#5c120d", warning="#fff0c2", warning_border="#b98a14",
    warning_text="#5a4300",
)  # fmt: skip
