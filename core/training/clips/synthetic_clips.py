"""Clips of moving people made of photographs: every frame's joints are known, and what spoils video is drawn in.

The person is cut into parts (`cutouts`), which move about their joints in front of a moving background (`limbs`);
frames are averages over their exposure, so that motion blur is that of the motion (`clip_rendering`); then come
occluders, light, noise and compression (`degradations`). Letters in shape comments: F frames of a clip, the key frame
first; T moments.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import BoolArray, ByteArray, FloatArray
from core.training.clips import degradations
from core.training.clips.cutouts import CutOut, cut_out_parts, cut_out_whole
from core.training.clips.degradations import Kind, Spoiling, draw_spoiling
from core.training.clips.limbs import Drift, Motion, compose, draw_movement
from core.training.clips.rendering import Exposure, PictureLayer, exposure, render
from core.training.photographs.lspet import PersonCrops
from core.training.samples.augmentation import (
    WindowDraw,
    crop_labels,
    crop_pixels,
    draw_colour,
    draw_window,
    plain_window,
    recolour,
)
from core.training.samples.batches import CropSampler, Sample, SampleSettings, sample_of


@dataclass(frozen=True)
class ClipSettings:
    """How clips move, and what spoils them.

    Attributes:
        activity: lowest and highest: 0.2 is somebody standing, 1 somebody walking, 2 and more a dancer.
        shutter: shortest and longest exposure, in frames.
        degraded: probability that frames are spoilt badly, by one of `kinds`.
        kinds: which ones.
        on_key, on_neighbours: of spoilt clips, the share in which only the key frame is spoilt, and in which only
            its neighbours are; in the others all frames are.
        passer_by: probability of another person, behind or in front.
        passing: probability of something that passes slowly in front.
        noise, compression, defocus: probability of a little of it, on all frames alike.
    """

    activity: tuple[float, float] = (0.15, 2.2)
    shutter: tuple[float, float] = (0.1, 0.6)
    degraded: float = 0.5
    kinds: tuple[Kind, ...] = degradations.KINDS
    on_key: float = 0.7
    on_neighbours: float = 0.15
    passer_by: float = 0.12
    passing: float = 0.12
    noise: float = 0.5
    compression: float = 0.3
    defocus: float = 0.1


@dataclass(frozen=True)
class MadeClip:
    """One clip.

    Attributes:
        frames: (F, H, W, 3) uint8, the key frame first, then the supporting ones in the order of their offsets.
        keypoints: (F, 17, 2) x, y in crop pixels; joints that something hides have their true place.
        labelled: (17,) where the photograph has a label.
        global_motion: (F, 2, 3) how the person as a whole goes from the key frame's crop to each frame's: what the
            global transformation has to find.
        degradation: what spoils it badly, None if nothing does.
        spoilt: (F,) which frames are.
    """

    frames: ByteArray
    keypoints: FloatArray
    labelled: BoolArray
    global_motion: FloatArray
    degradation: Kind | None
    spoilt: BoolArray


@dataclass(frozen=True)
class _Scene:
    """What is in front of the camera: the picture without the person, the person's parts, and how all moves.

    `margin` is what the background's picture has beyond the crop on the left and above.
    """

    background: ByteArray
    parts: list[CutOut]
    keypoints: FloatArray
    labelled: BoolArray
    motion: Motion
    margin: FloatArray


_MARGIN = 0.15
"""How far the picture that is moved reaches beyond the crop on each side, as a part of it."""


class ClipSampler(CropSampler):
    """Clips of the people in `crops`. The same seed and number give the same clip.

    Args:
        crops: the people.
        indices: which of them may be used.
        settings: crop size, sigma, and the augmentation of window and colours; its blur and occlusion are not used.
        seed: numbers of the caller's own choice.
        offsets: times of supporting frames.
        clips: how the clips move, and what spoils them.
    """

    def __init__(  # noqa: PLR0917 - the order is CropSampler's
        self,
        crops: PersonCrops,
        indices: NDArray[np.int64],
        settings: SampleSettings,
        seed: tuple[int, ...],
        offsets: tuple[int, ...] = (),
        clips: ClipSettings | None = None,
    ) -> None:
        super().__init__(crops, indices, settings, seed, offsets)
        self.clips = clips or ClipSettings()
        self._times = np.array([0, *offsets], dtype=np.float64)

    def sample(self, number: int) -> Sample:
        """Clip `number` of an endless sequence, with the key frame's targets."""
        clip = self.clip(number)
        sample = sample_of(clip.frames, clip.keypoints[0], clip.labelled, self.settings)
        return replace(sample, motion=clip.global_motion[1:])

    def clip(self, number: int) -> MadeClip:
        """Clip `number` with the joints of every frame."""
        rng = np.random.default_rng((*self.seed, 0, number))
        scene = self._draw_scene(rng, self.index_of(number))
        clips = self.clips
        spoiling = draw_spoiling(
            rng, len(self._times), self.settings.input_size_wh[0],
            degraded=clips.degraded, kinds=clips.kinds, on_key=clips.on_key, on_neighbours=clips.on_neighbours,
        )  # fmt: skip
        keypoints, speeds_px = self._tracks(scene)
        shutters = np.full(len(self._times), rng.uniform(*self.clips.shutter))
        if spoiling.shutter is not None:
            shutters[spoiling.frames] = spoiling.shutter
        moments = exposure(self._times, shutters, speeds_px)
        layers = self._layers(rng, scene, moments, spoiling, keypoints)
        to_crop = compose(scene.motion.camera.affines(moments.times), _shift(-scene.margin))
        frames = render(scene.background, to_crop, layers, moments, self.settings.input_size_wh)
        frames = self._photographed(rng, frames, spoiling)
        return MadeClip(
            frames, keypoints, scene.labelled, scene.motion.global_affines(self._times), spoiling.kind, spoiling.frames
        )

    def _draw_scene(self, rng: np.random.Generator, index: int) -> _Scene:
        """The person, cut out of a window drawn at random, and its movement."""
        person, settings, size = self.crops.person(index), self.settings.augmentation, self.settings.input_size_wh
        window = draw_window(rng, person, settings, size)
        keypoints, labelled = crop_labels(window, person)
        margin = np.ceil(np.array(size) * _MARGIN)
        wide = WindowDraw(window.crop_from_image + np.column_stack([np.zeros((2, 2)), margin]), window.flipped)
        beyond = None
        if rng.random() < settings.foreign_background:
            beyond = self.crops.person(int(rng.choice(self.indices))).rgb
        border = (cv2.BORDER_REFLECT_101, cv2.BORDER_REPLICATE, cv2.BORDER_CONSTANT)[rng.choice(3, p=(0.4, 0.3, 0.3))]
        wide_size = (int(size[0] + 2 * margin[0]), int(size[1] + 2 * margin[1]))
        picture = recolour(draw_colour(rng, settings), crop_pixels(wide, person.rgb, wide_size, beyond, border))
        parts, background = cut_out_parts(picture, keypoints + margin, labelled)
        motion = draw_movement(rng, keypoints, labelled, size, self.clips.activity)
        if not parts:  # nothing could be cut out: the picture moves as a whole
            motion = motion.whole()
        return _Scene(background, parts, keypoints, labelled, motion, margin)

    def _tracks(self, scene: _Scene) -> tuple[FloatArray, FloatArray]:
        """(F, 17, 2) where the joints are in each frame, and (F,) how fast the fastest is, in pixels a frame."""
        around = np.concatenate([self._times, self._times - 0.25, self._times + 0.25])
        keypoints, before, after = np.split(scene.motion.keypoints_at(around, scene.keypoints), 3)
        speeds = 2 * np.linalg.norm(after - before, axis=2) * scene.labelled
        return keypoints, speeds.max(axis=1)

    def _layers(
        self,
        rng: np.random.Generator,
        scene: _Scene,
        moments: Exposure,
        spoiling: Spoiling,
        keypoints: FloatArray,
    ) -> list[PictureLayer]:
        """From the back to the front: perhaps somebody else, the person's parts, perhaps something that hides them."""
        affines = scene.motion.part_affines(moments.times, scene.keypoints)
        layers = [PictureLayer(p.rgba, compose(affines[p.part], _shift(p.corner - scene.margin))) for p in scene.parts]
        if rng.random() < self.clips.passer_by:
            other = self._passer_by(rng, scene, moments)
            layers.insert(0 if scene.parts and rng.random() < 0.6 else len(layers), other)
        if rng.random() < self.clips.passing:
            layers.append(self._occluder(rng, scene, moments, keypoints, 0, sudden=False))
        if spoiling.kind == "occluded":
            whole_clip = bool(spoiling.frames.all())
            frame = 0 if spoiling.frames[0] else int(rng.integers(1, len(self._times)))
            layers.append(self._occluder(rng, scene, moments, keypoints, frame, sudden=not whole_clip))
        return layers

    def _occluder(
        self,
        rng: np.random.Generator,
        scene: _Scene,
        moments: Exposure,
        keypoints: FloatArray,
        frame: int,
        *,
        sudden: bool,
    ) -> PictureLayer:
        """Something over a joint of frame number `frame`. It jumps from frame to frame: blur would make it a veil."""
        texture = self.crops.person(int(rng.choice(self.indices))).rgb
        occluder = degradations.draw_occluder(
            rng, texture, keypoints[frame], scene.labelled, self.settings.input_size_wh,
            at_time=float(self._times[frame]), sudden=sudden,
        )  # fmt: skip
        times = self._times[moments.frames]
        h, w = occluder.rgba.shape[:2]
        corners = occluder.place + occluder.velocity * times[:, None] - np.array([w, h]) / 2
        return PictureLayer(occluder.rgba, _shift(corners))

    def _passer_by(self, rng: np.random.Generator, scene: _Scene, moments: Exposure) -> PictureLayer:
        """Another person, beside this one, who moves as a whole."""
        size = self.settings.input_size_wh
        person = self.crops.person(int(rng.choice(self.indices)))
        window = WindowDraw(plain_window(person, size).crop_from_image, bool(rng.random() < 0.5))
        if window.flipped:  # the mirrored picture, through the mirrored window
            mirror = np.array([[-1.0, 0.0, person.rgb.shape[1] - 1.0], [0.0, 1.0, 0.0]])
            around = np.array([[-1.0, 0.0, size[0] - 1.0], [0.0, 1.0, 0.0]])
            window = WindowDraw(compose(around, compose(window.crop_from_image, mirror)), True)
        picture = recolour(draw_colour(rng, self.settings.augmentation), crop_pixels(window, person.rgb, size))
        keypoints, labelled = crop_labels(window, person)
        beside = np.array([rng.choice([-1, 1]) * rng.uniform(0.4, 0.8), rng.uniform(-0.1, 0.1)]) * size
        growth = float(rng.uniform(-0.2, 0.2))
        place = Drift(np.array([*beside, 0.0, growth]), np.zeros(4), np.array(size) / 2).affines(np.ones(1))[0]
        walk = Drift(
            rng.normal(0, 1, 4) * [0.04 * size[0], 0.01 * size[1], 0.02, 0.01], np.zeros(4), np.array(size) / 2
        )
        affines = compose(scene.motion.camera.affines(moments.times), compose(walk.affines(moments.times), place))
        return PictureLayer(cut_out_whole(picture, keypoints, labelled), affines)

    def _photographed(self, rng: np.random.Generator, frames: ByteArray, spoiling: Spoiling) -> ByteArray:
        """The frames as a camera gives them: out of focus, shaken, dark, noisy, compressed."""
        clips = self.clips
        scale = self.settings.input_size_wh[0] / 144
        sigma_px = float(rng.uniform(0.4, 1.0)) * scale if rng.random() < clips.defocus else None
        deviation = float(rng.uniform(1, 7)) if rng.random() < clips.noise else 0.0
        quality = int(rng.integers(20, 80)) if rng.random() < clips.compression else None
        result = []
        for frame, spoilt in zip(frames, spoiling.frames, strict=True):
            changed = frame if sigma_px is None else degradations.defocused(frame, sigma_px)
            noise = deviation
            if spoilt:
                changed, noise = spoiling.on(changed), max(noise, spoiling.noise)
            if noise:
                changed = degradations.noisy(rng, changed, noise)
            result.append(changed if quality is None else degradations.compressed(changed, quality))
        return np.stack(result)


def _shift(offsets: FloatArray) -> FloatArray:
    """(..., 2, 3) affines that move by (..., 2)."""
    linear = np.broadcast_to(np.eye(2), (*offsets.shape[:-1], 2, 2))
    return np.concatenate([linear, offsets[..., None]], axis=-1)
