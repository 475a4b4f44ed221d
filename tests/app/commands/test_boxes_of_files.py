"""`predict --boxes` takes people from every kind of file that a machine writes."""

import io
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from app.commands.predict_command import Work, new_project
from app.terminal import Terminal
from core.video import open_source
from tests.core.formats.test_machine_frames import FILES, instance, openpose

BOX = [15.0, 20.0, 30.0, 60.0]
RESULT = {"image_id": 2, "category_id": 1, "bbox": BOX, "score": 0.9}
TABLE = "scorer,a,a,a\nbodyparts,nose,nose,nose\ncoords,x,y,likelihood\n2,20,30,0.9\n"
XML = (
    '<annotations><track id="1" label="person"><box frame="2" outside="0" keyframe="1" xtl="15" ytl="20" xbr="45" '
    'ybr="80"/></track></annotations>'
)
KINDS: dict[str, Any] = FILES | {
    "COCO's results": [RESULT | {"keypoints": [20, 30, 0.5] * 17}],
    "boxes alone": [RESULT],
    "AlphaPose": [
        {"image_id": "000002.jpg", "category_id": 1, "keypoints": [20, 30, 0.5] * 17, "score": 2.5, "box": BOX}
    ],
    "MMPose, one picture": [instance(2)],
    "OpenPose, one frame": openpose(2),
    "DeepLabCut": TABLE,
    "CVAT": XML,
}


@pytest.mark.parametrize("kind", KINDS)
def test_boxes_of_every_kind_of_file(kind: str, tmp_path: Path) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    for index in range(6):
        cv2.imwrite(str(frames / f"{index:06d}.jpg"), np.zeros((96, 128, 3), np.uint8))
    content, path = KINDS[kind], tmp_path / "000002.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    terminal = Terminal(io.StringIO(), io.StringIO())
    with open_source(frames) as source, new_project(tmp_path / "x.fami", source) as project:
        Work(project, source, 0, 6, terminal).import_boxes(path)
        (pose,) = project.frame(2).poses
        assert not pose.labelled.any()
        assert (pose.bbox_xywh[2:] > 0).all()
        if "bbox" in json.dumps(content) or kind == "CVAT":
            assert pose.bbox_xywh.tolist() == BOX


def test_boxes_of_a_folder_of_openpose(tmp_path: Path) -> None:
    frames, results = tmp_path / "frames", tmp_path / "results"
    for folder in (frames, results):
        folder.mkdir()
    for index in range(4):
        cv2.imwrite(str(frames / f"clip_{index:012d}.png"), np.zeros((96, 128, 3), np.uint8))
        (results / f"clip_{index:012d}_keypoints.json").write_text(json.dumps(openpose(index)))
    with open_source(frames) as source, new_project(tmp_path / "x.fami", source) as project:
        Work(project, source, 0, 4, Terminal(io.StringIO(), io.StringIO())).import_boxes(results)
        assert [frame.frame_index for frame in project.frames()] == [0, 1, 2, 3]
