"""Which frame of a source an image of a label file is."""

import pytest

from core.errors import FormatError
from core.formats import LabelImage, Labels, find_images, match_frames, read_labels
from core.poses import FramePoses


def listing(names, frame_ids=None, labelled=True, **fields):
    images = [
        LabelImage(
            i, name, None, FramePoses(i), labelled=labelled, frame_id=frame_ids[i] if frame_ids else None, **fields
        )
        for i, name in enumerate(names)
    ]
    return Labels(images)


def test_a_folders_names_count_not_their_numbers():
    labels = listing(["images/a/000000.jpg", "images/a/000002.jpg"])
    assert match_frames(labels, ["000000.jpg", "000001.jpg", "000002.jpg"], 3) == {0: 0, 1: 2}


def test_two_parts_tell_videos_apart_where_the_last_one_doesnt():
    labels = listing(["val/a/000000.jpg", "val/b/000000.jpg", "val/b/000001.jpg"])
    assert match_frames(labels, ["b/000000.jpg", "b/000001.jpg"], 2) == {1: 0, 2: 1}


def test_pictures_that_are_not_there_are_left_out():
    labels = listing(["x.jpg", "b.png", "y.jpg"])
    assert match_frames(labels, ["a.png", "b.png"], 2) == {1: 1}


def test_nothing_in_common_is_said():
    with pytest.raises(FormatError, match=r"None of the 2 images .* names x\.jpg, the folder holds a\.png"):
        match_frames(listing(["x.jpg", "y.jpg"]), ["a.png"], 1)
    with pytest.raises(FormatError, match="lists no image"):
        match_frames(Labels([]), None, 5)


def test_in_a_video_the_order_counts_relative_to_the_first():
    names = ["images/a/000007.jpg", "images/a/000009.jpg", "images/a/000010.jpg"]
    assert match_frames(listing(names, [100, 101, 102]), None, 30) == {0: 0, 1: 1, 2: 2}
    assert match_frames(listing(names), None, 30) == {0: 0, 1: 2, 2: 3}
    assert match_frames(listing(["b", "a", "c"]), None, 3) == {0: 0, 1: 1, 2: 2}


def test_more_frames_than_the_source_has_is_said_with_numbers():
    with pytest.raises(FormatError, match=r"labels name 20 frames.* the source has only 5"):
        match_frames(listing([f"{i:05d}.jpg" for i in range(1, 21)]), None, 5)
    with pytest.raises(FormatError, match=r"last one frame 39298 .* source has only 450"):
        match_frames(listing(["000000000785.jpg", "000000040083.jpg"]), None, 450)


def test_this_programs_own_files_say_the_frame():
    images = [
        LabelImage(i, f"images/a/{i:06d}.jpg", None, FramePoses(i), labelled=True, source_frame_index=i, num_frames=3)
        for i in range(3)
    ]
    # The folder's names begin at 1: by name, every label would move by one frame.
    assert match_frames(Labels(images), ["000001.jpg", "000002.jpg", "000003.jpg"], 3) == {0: 0, 1: 1, 2: 2}
    assert match_frames(Labels(images[2:]), None, 3) == {2: 2}


def test_the_pictures_of_real_labels_are_found(shared):
    for labels_path, folder in (
        ("posetrack/paddleboard/labels_posetrack18.json", "posetrack/paddleboard/060470979"),
        (
            "posetrack/mmpose_posetrack18/annotations/val/003418_mpii_test.json",
            "posetrack/mmpose_posetrack18/images/val/003418_mpii_test",
        ),
        ("images/mmpose_coco/test_coco.json", "images/mmpose_coco"),
        (
            "images/coco_mini_keypoints/annotations/person_keypoints_train2017.json",
            "images/coco_mini_keypoints/train2017",
        ),
    ):
        path = shared / "data" / labels_path
        labels = read_labels(path)
        found = find_images(labels, path.parent)
        assert found == shared / "data" / folder
        names = sorted(picture.name for picture in found.glob("*.jpg"))
        matches = match_frames(labels, names, len(names))
        by_name = {image.frame_index: image.file_name for image in labels.images}
        assert len(matches) == len(names)
        assert all(by_name[key].endswith(names[frame]) for key, frame in matches.items())


def test_no_pictures_near_is_no_error(tmp_path):
    assert find_images(listing(["images/a/000000.jpg"]), tmp_path) is None
    assert find_images(listing([""]), tmp_path) is None
