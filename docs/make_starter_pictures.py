"""Draws the starter's good and bad poses on real clips into docs/pictures: `python docs/make_starter_pictures.py`.

Boxes are given for each frame, by hand or followed from one by hand; people are painted as the window paints them.
The clips lie under `FAMI_SHARED`. Needs no screen; takes half a minute.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PIL import Image
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QImage, QPainter

from app.ui.canvas.painting.pose_painting import PoseContext, paint_people
from app.ui.canvas.view import View
from core.files.checkout import shared_path
from core.model import Predictor, Request, in_posetrack, load_model
from core.poses import FramePoses, Pose, Provenance
from core.video import FrameCache, open_source
from core.work.predicting import predicted_pose

ROOT = Path(__file__).resolve().parents[1]
SHEET = ROOT / "docs" / "pictures" / "starter_good_and_bad.png"
CELL_WH = (240, 250)
CAPTION_HEIGHT_PX, GAP_PX = 24, 6
PERSON_HEIGHT, PERSON_WIDTH = 0.84, 0.9
"""At most this part of a cell's height and width is the person's box."""
NUM_COLOURS = 256
"""Of the sheet: few enough for a small file, enough for photographs of this size."""


@dataclass(frozen=True)
class Example:
    """A frame of a clip, the person's box (left, top, width, height in pixels), and what to say of the pose."""

    frame_index: int
    bbox_xywh: tuple[float, float, float, float]
    words: str


CLIPS = {
    "dance.mp4": (
        Example(340, (98, 191, 195, 450), "good"),
        Example(330, (90, 189, 195, 451), "good"),
        Example(110, (121, 179, 285, 488), "bad: left elbow"),
        Example(240, (55, 175, 180, 450), "bad: left and right"),
    ),
    "juggle.mp4": (
        Example(100, (635, 55, 220, 650), "good"),
        Example(160, (575, 50, 250, 665), "good"),
        Example(60, (632, 40, 210, 645), "ankle short"),
        Example(208, (640, 40, 280, 660), "bad: lifted leg"),
    ),
    "sports2d_jumpingjacks_flip_vp9.mp4": (
        Example(64, (490, 5, 220, 460), "bad: left ankle"),
        Example(192, (1000, 600, 240, 300), "good"),
        Example(16, (445, 30, 360, 430), "bad: left and right"),
        Example(176, (840, 140, 170, 230), "bad: upside down"),
    ),
}


def main() -> None:
    """Writes the sheet."""
    QGuiApplication([])
    loaded = in_posetrack(load_model(ROOT / "resources" / "weights" / "starter.pth", folded=True))
    predictor = Predictor(loaded, device="cpu")
    step_x, step_y = CELL_WH[0] + GAP_PX, CELL_WH[1] + CAPTION_HEIGHT_PX + GAP_PX
    columns = max(len(examples) for examples in CLIPS.values())
    sheet = QImage(columns * step_x + GAP_PX, len(CLIPS) * step_y + GAP_PX, QImage.Format.Format_RGB888)
    sheet.fill(QColor("#16191d"))
    painter = QPainter(sheet)
    for row, (name, examples) in enumerate(CLIPS.items()):
        for column, (example, rgb, pose) in enumerate(predicted(predictor, name, examples)):
            painter.save()
            painter.translate(GAP_PX + column * step_x, GAP_PX + row * step_y)
            paint_cell(painter, f"Frame {example.frame_index}, {example.words}", rgb, pose, example.frame_index)
            painter.restore()
    painter.end()
    write_small(sheet, SHEET)


def predicted(predictor: Predictor, name: str, examples: tuple[Example, ...]) -> list[tuple[Example, np.ndarray, Pose]]:
    """Each example with its frame (H, W, 3) and the pose that the network finds there, neighbours included."""
    with open_source(shared_path(f"data/video/{name}")) as source:
        cache = FrameCache(source, 256 * 2**20)
        requests = [Request(e.frame_index, 0, np.array(e.bbox_xywh, dtype=np.float64)) for e in examples]
        predictions = predictor.predict(requests, cache.get, len(source))
        return [
            (
                example,
                cache.get(example.frame_index),
                predicted_pose(prediction, Pose.empty(0, example.bbox_xywh, Provenance.CORRECTED)),
            )
            for example, prediction in zip(examples, predictions, strict=True)
        ]


def paint_cell(painter: QPainter, words: str, rgb: np.ndarray, pose: Pose, frame_index: int) -> None:
    """The person in the middle of a cell, and a line below."""
    width, height = CELL_WH
    x, y, box_width, box_height = pose.bbox_xywh.tolist()
    zoom = min(PERSON_HEIGHT * height / box_height, PERSON_WIDTH * width / box_width)
    view = View(zoom, 1.0, width / 2 - zoom * (x + box_width / 2), height / 2 - zoom * (y + box_height / 2))
    picture = QImage(rgb.tobytes(), rgb.shape[1], rgb.shape[0], 3 * rgb.shape[1], QImage.Format.Format_RGB888)
    scaled = picture.scaled(
        round(zoom * rgb.shape[1]), round(zoom * rgb.shape[0]), mode=Qt.TransformationMode.SmoothTransformation
    )
    left, top = view.to_viewport(-0.5, -0.5)
    painter.save()
    painter.setClipRect(QRectF(0, 0, width, height))
    painter.drawImage(QRectF(left, top, scaled.width(), scaled.height()), scaled)
    poses = FramePoses(frame_index, (pose,))
    paint_people(painter, PoseContext(poses=poses, view=view, viewport_wh=(float(width), float(height))))
    painter.restore()
    font = QFont(painter.font())
    font.setPixelSize(13)
    painter.setFont(font)
    painter.setPen(QColor("#e4e7eb"))
    painter.drawText(QRectF(2, height, width - 4, CAPTION_HEIGHT_PX), Qt.AlignmentFlag.AlignVCenter, words)


def write_small(sheet: QImage, path: Path) -> None:
    """Writes a PNG with a palette of the sheet's own colours."""
    rows = np.frombuffer(sheet.constBits(), np.uint8).reshape(sheet.height(), sheet.bytesPerLine())
    rgb = np.ascontiguousarray(rows[:, : 3 * sheet.width()]).reshape(sheet.height(), sheet.width(), 3)
    Image.fromarray(rgb).quantize(NUM_COLOURS).save(path, optimize=True)


if __name__ == "__main__":
    main()
