"""The two people of the demo clip: build, clothes, and the limbs that their skeletons become."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from painter import Limb, Vector
from walker import LEFT, RIGHT, Build, Wave

Colour = tuple[float, float, float]
Points = dict[str, Vector]


@dataclass(frozen=True)
class Clothes:
    """Colours of a figure, and how it is cut.

    Attributes:
        long_sleeves: down to the wrist, or halfway down the upper arm.
        bun: long hair tied up behind the head.
        girth: factor on the trunk's thickness.
    """

    skin: Colour
    hair: Colour
    shirt: Colour
    trousers: Colour
    shoes: Colour
    soles: Colour
    long_sleeves: bool
    bun: bool
    girth: float


HIS_WAVE = Wave(RIGHT, start_s=0.9, stop_s=2.3, beats=2.6, beat_deg=30)
HER_WAVE = Wave(LEFT, start_s=0.5, stop_s=1.9, beats=3.0, beat_deg=32)
HIM = Build(
    0.178,
    0.088,
    0.50,
    0.425,
    0.42,
    0.285,
    0.255,
    0.315,
    cadence=0.86,
    phase=0.05,
    arm_swing_deg=19,
    wave=Wave(RIGHT, 0.9, 2.3, 2.6, 30),
)
HER = Build(
    0.155,
    0.086,
    0.465,
    0.40,
    0.395,
    0.265,
    0.235,
    0.30,
    cadence=0.92,
    phase=0.42,
    arm_swing_deg=22,
    wave=Wave(LEFT, 0.5, 1.9, 3.0, 32),
)
HIS_CLOTHES = Clothes(
    skin=(0.80, 0.58, 0.46),
    hair=(0.13, 0.09, 0.07),
    shirt=(0.13, 0.46, 0.50),
    trousers=(0.17, 0.21, 0.33),
    shoes=(0.82, 0.82, 0.80),
    soles=(0.93, 0.93, 0.91),
    long_sleeves=False,
    bun=False,
    girth=1.0,
)
HER_CLOTHES = Clothes(
    skin=(0.62, 0.42, 0.31),
    hair=(0.10, 0.07, 0.06),
    shirt=(0.80, 0.50, 0.17),
    trousers=(0.36, 0.35, 0.36),
    shoes=(0.34, 0.17, 0.12),
    soles=(0.20, 0.16, 0.14),
    long_sleeves=True,
    bun=True,
    girth=0.90,
)


def between(first: Vector, second: Vector, share: float) -> Vector:
    """The point that lies `share` of the way from the first to the second."""
    return first + share * (second - first)


def limbs(points: Points, clothes: Clothes) -> Iterator[Limb]:
    """Everything that is drawn of a figure."""
    for number, side in enumerate(("left", "right")):
        own = {name.removeprefix(side + "_"): point for name, point in points.items() if name.startswith(side)}
        yield from _leg(own, clothes, 0.31 * number)
        yield from _arm(own, clothes, 0.17 + 0.4 * number)
    yield from _trunk(points, clothes)
    yield from _head(points, clothes)


def _leg(own: Points, clothes: Clothes, phase: float) -> Iterator[Limb]:
    cloth, girth = clothes.trousers, 0.5 + 0.5 * clothes.girth
    calf = between(own["knee"], own["ankle"], 0.3)
    cuff = between(own["knee"], own["ankle"], 0.93)
    yield Limb((own["hip"], own["knee"]), (0.092 * girth, 0.064 * girth), cloth, 0.0022, 0.02, phase)
    yield Limb((own["knee"], calf), (0.062 * girth, 0.063 * girth), cloth, 0.0025, 0.02, phase + 0.5)
    yield Limb((calf, cuff), (0.063 * girth, 0.052 * girth), cloth, 0.003, 0.02, phase + 0.2)
    yield Limb((cuff, own["ankle"]), (0.040, 0.040), clothes.shoes)
    sole = np.array([0.0, -0.016, 0.0])
    yield Limb((own["heel"] + sole, own["ball"] + sole), (0.030, 0.034), clothes.soles)
    yield Limb((own["ball"] + sole, own["toe"] + sole), (0.034, 0.026), clothes.soles)
    yield Limb((own["heel"], own["ball"]), (0.038, 0.038), clothes.shoes, 0.0, 0.10)
    yield Limb((own["ankle"], own["ball"]), (0.041, 0.036), clothes.shoes, 0.0, 0.10)
    yield Limb((own["ball"], own["toe"]), (0.037, 0.027), clothes.shoes, 0.0, 0.12)


def _arm(own: Points, clothes: Clothes, phase: float) -> Iterator[Limb]:
    skin, cloth = clothes.skin, clothes.shirt
    thick = 0.55 + 0.45 * clothes.girth
    hem = between(own["shoulder"], own["elbow"], 0.62)
    if clothes.long_sleeves:
        yield Limb((own["shoulder"], own["elbow"]), (0.060 * thick, 0.049 * thick), cloth, 0.002, 0.03, phase)
        yield Limb(
            (own["elbow"], between(own["elbow"], own["wrist"], 0.95)),
            (0.048 * thick, 0.037 * thick),
            cloth,
            0.0025,
            0.03,
            phase,
        )
    else:
        yield Limb((own["shoulder"], own["elbow"]), (0.050 * thick, 0.041 * thick), skin, 0.0, 0.08)
        yield Limb((own["shoulder"], hem), (0.064 * thick, 0.060 * thick), cloth, 0.002, 0.03, phase)
        belly = between(own["elbow"], own["wrist"], 0.3)
        yield Limb((own["elbow"], belly), (0.041 * thick, 0.043 * thick), skin, 0.0, 0.08)
        yield Limb((belly, own["wrist"]), (0.043 * thick, 0.028 * thick), skin, 0.0, 0.08)
    fist = between(own["wrist"], own["hand"], 0.55)
    yield Limb((own["wrist"], fist), (0.027 * thick, 0.036 * thick), skin, 0.0, 0.07)
    yield Limb((fist, own["hand"]), (0.035 * thick, 0.026 * thick), skin, 0.0, 0.07)


def _trunk(points: Points, clothes: Clothes) -> Iterator[Limb]:
    cloth, girth = clothes.shirt, clothes.girth
    neck, chest, pelvis = points["neck"], points["chest"], points["pelvis"]
    up = np.array([0.0, 1.0, 0.0])
    for number, side in enumerate(("left", "right")):
        shoulder, hip = points[f"{side}_shoulder"], points[f"{side}_hip"]
        armpit = between(shoulder, chest, 0.42)
        waist = between(pelvis, between(hip, chest, 0.5), 0.62) + 0.12 * up
        belt = between(hip, pelvis, 0.12) + 0.075 * up
        yield Limb((armpit, waist), (0.112 * girth, 0.098 * girth), cloth, 0.0022, 0.02, 0.15 + 0.3 * number)
        yield Limb((waist, belt), (0.099 * girth, 0.106 * girth), cloth, 0.003, 0.02, 0.6 + 0.3 * number)
        yield Limb((belt - 0.055 * up, hip - 0.01 * up), (0.100 * girth, 0.095 * girth), clothes.trousers, 0.001, 0.02)
        yield Limb((between(neck, shoulder, 0.25), shoulder), (0.056, 0.056 * girth), cloth, 0.0012, 0.02, 0.9)
    yield Limb((between(neck, chest, 0.25), chest), (0.090 * girth, 0.112 * girth), cloth, 0.002, 0.02, 0.45)
    yield Limb(
        (neck - 0.02 * up, points["head_bottom"] + 0.03 * up), (0.055 * girth, 0.050 * girth), clothes.skin, 0.0, 0.07
    )


def _head(points: Points, clothes: Clothes) -> Iterator[Limb]:
    skin, hair = clothes.skin, clothes.hair
    lips = (skin[0] * 0.82, skin[1] * 0.62, skin[2] * 0.62)
    yield Limb((points["skull"], points["chin"]), (0.090, 0.040), skin, 0.0, 0.09)
    yield Limb((points["brow"], points["chin"]), (0.040, 0.034), skin, 0.0, 0.09)
    yield Limb((points["nose_root"], points["nose"]), (0.010, 0.0165), skin, 0.0, 0.12)
    yield Limb((points["mouth"], points["mouth"]), (0.0165, 0.0165), lips, 0.0, 0.10)
    for side in ("left", "right"):
        ear, eye, brow = points[f"{side}_ear"], points[f"{side}_eye"], points[f"{side}_brow"]
        yield Limb((ear, ear + np.array([0.0, -0.03, 0.0])), (0.021, 0.014), skin, 0.0, 0.05)
        yield Limb((eye, eye), (0.0105, 0.0105), (0.07, 0.05, 0.05), 0.0, 0.25)
        yield Limb((brow, between(brow, points["brow"], 0.4)), (0.0075, 0.0065), hair)
    yield Limb((points["crown"], between(points["crown"], points["nape"], 0.5)), (0.104, 0.090), hair, 0.0012, 0.12)
    yield Limb(
        (between(points["crown"], points["brow"], 0.55) + np.array([0.0, 0.04, 0.0]), points["crown"]),
        (0.052, 0.09),
        hair,
        0.001,
        0.12,
    )
    yield Limb((between(points["crown"], points["nape"], 0.5), points["nape"]), (0.085, 0.052), hair, 0.0012, 0.10)
    if clothes.bun:
        yield Limb((points["bun"], points["bun"]), (0.055, 0.055), hair, 0.002, 0.14)
