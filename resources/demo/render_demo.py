"""Renders the demo clip, walkers.mp4, and its ground truth, walkers.json.

Usage: python resources/demo/render_demo.py

Two figures of our own cross in a room. The same seed gives the same frames. The joints are known from the
figures' skeletons, and the depth buffer says which of them the picture hides.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from figures import HER, HER_CLOTHES, HIM, HIS_CLOTHES, limbs
from numpy.typing import NDArray
from painter import Camera, Canvas, FloatImage, Limb
from room import cast_shadows, panorama, seen_through
from walker import Vector, walk

FPS, FRAMES, SIZE = 25, 125, (854, 480)
SEED = 20220619
FACTOR = 2
"""How much larger than the clip a picture is drawn."""
EXPOSURES, SHUTTER = 3, 0.5
"""A frame is the mean of so many pictures over this part of its time; its joints are those of the middle one."""
SENSOR_NOISE = 0.0075
SIDED = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
NAMES = (
    "nose",
    "head_bottom",
    "head_top",
    "left_ear",
    "right_ear",
    *(f"{side}_{part}" for part in SIDED for side in ("left", "right")),
)
UNLABELLED = ("left_ear", "right_ear")
FLESH_M = {"shoulder": 0.075, "hip": 0.12, "knee": 0.075, "head_bottom": 0.07, "nose": 0.035, "head_top": 0.16}
"""How deep below the surface a joint may lie and still be seen; FLESH_OTHER_M for the others."""
FLESH_OTHER_M = 0.06
CAMERA = Camera(focal_px=800.0, size=SIZE, height_m=1.42, pitch_deg=5.5)


def pan_deg(time_s: float) -> float:
    """The camera follows the crossing a little, as if held by hand."""
    return (
        2.6 * np.sin(2 * np.pi * time_s / 9.0 - 0.9)
        + 0.08 * np.sin(2 * np.pi * time_s * 0.63)
        + 0.05 * np.sin(2 * np.pi * time_s * 1.37)
    )


def labelled_points(points: dict[str, Vector], camera: Camera, canvas: Canvas) -> list[float]:
    """(51,) x, y, v of the 17 keypoints: v = 1 where the picture shows the joint, 0 where something hides it.

    PoseTrack writes an occluded joint as coordinates with v = 0, and an unlabelled one as three zeros.
    """
    flat: list[float] = []
    height, width = canvas.surface.shape
    for name in NAMES:
        if name in UNLABELLED:
            flat += [0.0, 0.0, 0.0]
            continue
        (x, y), depth = camera.project(points[name])
        column, row = round(float(x) * FACTOR), round(float(y) * FACTOR)
        if not (0 <= column < width and 0 <= row < height):
            flat += [0.0, 0.0, 0.0]
            continue
        reach = FACTOR  # a joint on the very outline counts as seen
        around = canvas.surface[max(row - reach, 0) : row + reach + 1, max(column - reach, 0) : column + reach + 1]
        flesh = FLESH_M.get(name.removeprefix("left_").removeprefix("right_"), FLESH_OTHER_M)
        hidden = float(around.min()) + float(depth) > flesh
        flat += [round(float(x), 2), round(float(y), 2), 0.0 if hidden else 1.0]
    return flat


def boxes(parts: list[Limb], camera: Camera, flat: list[float]) -> dict[str, list[float]] | None:
    """The boxes of a figure, hidden parts and all, and of its head in pixels; None outside the picture."""
    pixels, depths = camera.project(np.stack([part.ends for part in parts]))
    reach = (np.array([part.radii for part in parts]) * camera.focal_px / depths)[..., None]
    low = np.maximum((pixels - reach).min(axis=(0, 1)), 0.0)
    high = np.minimum((pixels + reach).max(axis=(0, 1)), camera.size)
    if (low >= high).any():
        return None
    found = {"bbox": [round(float(v), 2) for v in (*low, *(high - low))]}
    top, bottom = np.array(flat[6:8]), np.array(flat[3:5])
    if top.any() and bottom.any():
        side = 0.9 * float(np.linalg.norm(top - bottom))
        centre = (top + bottom) / 2
        found["bbox_head"] = [
            round(float(v), 2) for v in (centre[0] - side / 2, min(top[1], bottom[1]), side, abs(bottom[1] - top[1]))
        ]
    return found


def sensor(picture: FloatImage, rng: np.random.Generator) -> NDArray[np.uint8]:
    """What a camera makes of the light: a soft lens, darker corners, noise, 8 bits."""
    height, width = picture.shape[:2]
    xs, ys = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    seen = cv2.GaussianBlur(picture, (0, 0), 0.55) * (1 - 0.11 * (xs**2 + ys**2))[..., None]
    noise = rng.normal(0, SENSOR_NOISE, seen.shape[:2])[..., None] + rng.normal(0, SENSOR_NOISE / 2, seen.shape)
    return np.clip(np.round((seen + noise * (0.6 + seen)) * 255), 0, 255).astype(np.uint8)


def painted(camera: Camera, figures: list[list[Limb]]) -> Canvas:
    """The figures at one moment."""
    canvas = Canvas(camera, FACTOR)
    for figure, parts in enumerate(figures):
        for part in parts:
            canvas.draw(part, figure)
    return canvas


def render(frames: range) -> tuple[list[NDArray[np.uint8]], list[dict[str, Any]]]:
    """The frames, and the annotations of PoseTrack18 for them."""
    moments = np.arange(EXPOSURES) / EXPOSURES * SHUTTER
    times_s = ((np.arange(FRAMES)[:, None] + moments) / FPS).ravel()
    people = (
        (walk(HIM, times_s, 4.0, (-1.98, 4.35), gaze_deg=-26.0), HIS_CLOTHES),
        (walk(HER, times_s, 172.0, (2.18, 5.35), gaze_deg=24.0), HER_CLOTHES),
    )
    empty_room = panorama(CAMERA, SEED)
    pictures, annotations = [], []
    for index in frames:
        middle = index * EXPOSURES + EXPOSURES // 2
        camera = replace(CAMERA, pan_deg=float(pan_deg(times_s[middle])))
        drawn = {
            moment: [list(limbs(walked[moment], clothes)) for walked, clothes in people]
            for moment in range(index * EXPOSURES, (index + 1) * EXPOSURES)
        }
        canvases = {moment: painted(camera, figures) for moment, figures in drawn.items()}
        everything = [part for parts in drawn[middle] for part in parts]
        room = cast_shadows(seen_through(camera, empty_room), camera, everything)
        seen = np.mean([canvas.finish(room) for canvas in canvases.values()], axis=0, dtype=np.float32)
        pictures.append(sensor(seen, np.random.default_rng((SEED, index))))
        for figure, (walked, _) in enumerate(people):
            flat = labelled_points(walked[middle], camera, canvases[middle])
            found = boxes(drawn[middle][figure], camera, flat)
            if found is not None:
                annotations.append(_annotation(index, figure, flat, found))
    return pictures, annotations


def _annotation(index: int, track_id: int, flat: list[float], found: dict[str, list[float]]) -> dict[str, Any]:
    image_id = 10_000_000_000 + index
    return {
        "id": image_id * 100 + track_id,
        "image_id": image_id,
        "category_id": 1,
        "track_id": track_id,
        "keypoints": flat,
        "scores": [],
        **found,
    }


def posetrack18(annotations: list[dict[str, Any]], frames: range) -> dict[str, Any]:
    """The whole file of ground truth."""
    images = [
        {
            "id": 10_000_000_000 + index,
            "frame_id": 10_000_000_000 + index,
            "vid_id": "walkers",
            "file_name": f"images/walkers/{index:06d}.jpg",
            "nframes": len(frames),
            "is_labeled": True,
            "has_no_densepose": True,
            "width": SIZE[0],
            "height": SIZE[1],
            "ignore_regions_x": [],
            "ignore_regions_y": [],
        }
        for index in frames
    ]
    category = {"supercategory": "person", "id": 1, "name": "person", "keypoints": list(NAMES), "skeleton": []}
    return {"images": images, "annotations": annotations, "categories": [category]}


def encode(pictures: list[NDArray[np.uint8]], path: Path) -> None:
    """Writes H.264 in one thread, so that the file is the same every time."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "20", "preset": "slow", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def main() -> None:
    """Renders both files, or single frames to look at."""
    parser = argparse.ArgumentParser(description="Render the demo clip and its ground truth.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--look", type=int, nargs="*", help="write these frames as PNG instead of the clip")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    if arguments.look:
        for index in arguments.look:
            picture = render(range(index, index + 1))[0][0]
            cv2.imwrite(str(arguments.out / f"frame_{index:03d}.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        return
    frames = range(FRAMES)
    pictures, annotations = render(frames)
    encode(pictures, arguments.out / "walkers.mp4")
    text = json.dumps(posetrack18(annotations, frames), separators=(",", ":"))
    (arguments.out / "walkers.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
