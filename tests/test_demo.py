"""The demo clip: it decodes, its ground truth fits it, and the script that rendered it makes the same frames."""

import sys
from pathlib import Path

import numpy as np
import pytest

from core.files import places
from core.formats import read_labels
from core.keypoints import POSETRACK
from core.metrics import posetrack_ap
from core.poses import Visibility
from core.video import open_source


def test_the_clip_is_small_and_as_long_as_its_labels() -> None:
    assert places.DEMO_CLIP.stat().st_size < 2_000_000
    labels = read_labels(places.DEMO_LABELS)
    assert labels.warnings == []
    with open_source(places.DEMO_CLIP) as source:
        assert len(source) == len(labels.images) == 125
        assert source.size == labels.images[0].size == (854, 480)
        assert source.timestamps[-1] == pytest.approx(124 / 25)


def test_two_people_walk_through_and_hide_each_other() -> None:
    images = read_labels(places.DEMO_LABELS).images
    left = np.array([[pose.bbox_xywh[0] for pose in image.poses.poses] for image in images])
    assert left.shape == (125, 2)
    assert left[0, 0] < left[0, 1]
    assert left[-1, 0] > left[-1, 1]
    hidden = [
        sum(int((pose.visibility == Visibility.OCCLUDED).sum()) for pose in image.poses.poses) for image in images
    ]
    crossing = int(np.abs(left[:, 0] - left[:, 1]).argmin())
    assert hidden[crossing] > hidden[0]
    for image in images:
        for pose in image.poses.poses:
            x, y, width, height = pose.bbox_xywh
            inside = pose.keypoints[pose.labelled]
            assert (inside >= [x - 2, y - 2]).all()
            assert (inside <= [x + width + 2, y + height + 2]).all()
            assert not pose.labelled[[POSETRACK.index("left_ear"), POSETRACK.index("right_ear")]].any()


def test_the_ground_truth_evaluates_as_perfect_against_itself(tmp_path: Path) -> None:
    for folder in ("gt", "pred"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "walkers.json").write_bytes(places.DEMO_LABELS.read_bytes())
    assert posetrack_ap(tmp_path / "gt", tmp_path / "pred")["mean"] == pytest.approx(100.0)


@pytest.mark.slow
def test_the_script_renders_the_committed_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(places.DEMO_CLIP.parent))
    from render_demo import posetrack18, render  # noqa: PLC0415 - beside the clip, not on the usual path

    index = 62
    (picture,), annotations = render(range(index, index + 1))
    with open_source(places.DEMO_CLIP) as source:
        difference = np.abs(picture.astype(float) - source.frame(index)).mean()
    assert difference < 3.0  # what compression costs
    committed = read_labels(places.DEMO_LABELS).images[index].poses
    flat = posetrack18(annotations, range(index, index + 1))["annotations"]
    for annotation in flat:
        points = np.array(annotation["keypoints"]).reshape(-1, 3)
        pose = committed.pose(annotation["track_id"])
        assert pose is not None
        np.testing.assert_allclose(points[pose.labelled, :2], pose.keypoints[pose.labelled], atol=0.05)
    for name in ("render_demo", "room", "painter", "figures", "walker"):
        sys.modules.pop(name, None)
