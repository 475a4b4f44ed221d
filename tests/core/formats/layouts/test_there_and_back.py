"""Each format that is written comes back with what it says that it keeps; what it cannot keep is what `known` names."""

from pathlib import Path

import numpy as np
import pytest

from core.formats import read_labels
from core.formats.exporting import FORMATS
from core.formats.known import KNOWN_FORMATS
from core.poses import Visibility

NEIGHBOURS = [one for one in KNOWN_FORMATS if one.name in ("sleap", "deeplabcut", "label_studio", "cvat")]


@pytest.mark.parametrize("kind", NEIGHBOURS, ids=lambda kind: kind.name)
def test_what_a_format_keeps_comes_back(kind, labels, tmp_path):
    path = tmp_path / f"labels{kind.suffix}"
    FORMATS[kind.name](labels, path, "clip")
    again = read_labels(path)
    assert again.format_name == kind.name
    held = {
        image.frame_id if image.frame_id is not None else int(Path(image.file_name).stem): image
        for image in again.images
    }
    for image in labels.images:
        poses = {
            pose.track_id: pose for pose in (held[image.frame_index].poses.poses if image.frame_index in held else ())
        }
        assert sorted(poses) == [pose.track_id for pose in image.poses.poses]
        for pose in image.poses.poses:
            _assert_kept(kind, pose, poses[pose.track_id])


def _assert_kept(kind, pose, again):
    assert np.array_equal(again.labelled, pose.labelled)
    np.testing.assert_allclose(again.keypoints[pose.labelled], pose.keypoints[pose.labelled], atol=1e-9)
    occluded = pose.visibility == Visibility.OCCLUDED
    assert np.array_equal(again.visibility == Visibility.OCCLUDED, occluded) == (
        "occlusion" not in kind.cannot_keep or not occluded.any()
    )
    if "boxes" not in kind.cannot_keep:
        np.testing.assert_allclose(again.bbox_xywh, pose.bbox_xywh, atol=1e-9)
    if "scores" not in kind.cannot_keep:
        np.testing.assert_allclose(again.scores[pose.labelled], pose.scores[pose.labelled], atol=1e-9)


@pytest.mark.parametrize("name", [one.name for one in NEIGHBOURS])
def test_a_file_that_cannot_be_written_says_so_and_leaves_the_old_one(name, labels, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Exception, match="choose another place") as raised:
        FORMATS[name](labels, tmp_path / "file" / "labels", "clip")
    assert type(raised.value).__name__ == "FormatError"
    assert (tmp_path / "file").read_text() == "in the way"
