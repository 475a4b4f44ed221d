"""What a format cannot hold is said with counts, and all of it."""

import numpy as np
import pytest

from core.formats import FORMATS, LabelImage, Labels, read_labels
from core.formats.known import KNOWN_FORMATS
from core.formats.losses import LOSSES, losses, parts_of
from core.keypoints import POSETRACK
from core.poses import FramePoses, Pose, Provenance, Visibility

WRITTEN = [entry for entry in KNOWN_FORMATS if entry.is_written]


def somebody(occluded=()):
    pose = Pose.empty(1, np.array([10.0, 10.0, 60.0, 90.0]), Provenance.CORRECTED)
    for keypoint in range(len(POSETRACK)):
        seen = Visibility.OCCLUDED if keypoint in occluded else Visibility.VISIBLE
        pose = pose.with_keypoint(keypoint, (20.0 + keypoint, 30.0), seen, 1.0, Provenance.CORRECTED)
    return pose


def labels_of(*people, reviewed=False, regions=()):
    return Labels(
        [
            LabelImage(
                0, "", (160, 120), FramePoses(0, people, reviewed), regions, True, source_frame_index=0, num_frames=1
            )
        ]
    )


@pytest.mark.parametrize("entry", WRITTEN, ids=lambda entry: entry.name)
def test_everything_that_a_format_cannot_keep_can_be_counted(entry):
    assert set(parts_of(entry.cannot_keep)) <= set(LOSSES), "give core/formats/losses.py a Loss for each part"
    assert entry.name in FORMATS


@pytest.mark.parametrize("entry", WRITTEN, ids=lambda entry: entry.name)
def test_nothing_is_said_of_what_is_not_there(entry):
    assert losses(labels_of(), entry.name) == ()


@pytest.mark.parametrize(
    ("format_name", "said"),
    [
        ("sleap", "3 occluded joints are written as visible ones"),
        ("sleap", "1 box is left out"),
        ("label_studio", "1 mark of a reviewed frame is left out"),
        ("coco", "1 ignore region is left out"),
        ("cvat", "Who set each of 17 joints is left out"),
    ],
)
def test_counts(format_name, said):
    region = np.array([[0.0, 0.0], [9.0, 0.0], [9.0, 9.0]])
    labels = labels_of(somebody(occluded=(0, 3, 5)), reviewed=True, regions=(region,))
    assert any(sentence.startswith(said) for sentence in losses(labels, format_name)), losses(labels, format_name)
    assert losses(labels, "posetrack18") == ()


def test_occlusion_is_lost_where_it_is_said_to_be_and_nowhere_else(tmp_path):
    labels = labels_of(somebody(occluded=(9, 10)))
    for entry in WRITTEN:
        if not entry.is_read:
            continue
        path = tmp_path / f"{entry.name}{entry.suffix}"
        FORMATS[entry.name](labels, path, "clip")
        again = read_labels(path).images[0].poses.poses[0]
        is_kept = (again.visibility[[9, 10]] == Visibility.OCCLUDED).all()
        is_said = any("occluded" in sentence for sentence in losses(labels, entry.name))
        assert is_kept != is_said, entry.name
