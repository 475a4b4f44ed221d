"""Which frame of a source an image of a label file is."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import FormatError
from core.formats import LabelImage, Labels, find_images, match_frames, read_labels
from core.formats.texts.image_names import numbers_of
from core.poses import FramePoses


def listing(names, frame_ids=None, labelled=True, image_ids=None, **fields):
    images = [
        LabelImage(
            i,
            name,
            None,
            FramePoses(i),
            labelled=labelled,
            frame_id=frame_ids[i] if frame_ids else None,
            image_id=image_ids[i] if image_ids else None,
            **fields,
        )
        for i, name in enumerate(names)
    ]
    return Labels(images)


def frames(labels, names, num_frames, *more):
    return match_frames(labels, names, num_frames, *more).frames


def said(labels, names, num_frames, *more):
    return " ".join(match_frames(labels, names, num_frames, *more).notes)


# ---- folders of images ----


def test_a_folders_names_count_not_their_numbers():
    labels = listing(["images/a/000000.jpg", "images/a/000002.jpg"])
    assert frames(labels, ["000000.jpg", "000001.jpg", "000002.jpg"], 3) == {0: 0, 1: 2}
    assert said(labels, ["000000.jpg", "000001.jpg", "000002.jpg"], 3) == "", "exact names need no words"


def test_two_parts_tell_videos_apart_where_the_last_one_doesnt():
    labels = listing(["val/a/000000.jpg", "val/b/000000.jpg", "val/b/000001.jpg"])
    assert frames(labels, ["b/000000.jpg", "b/000001.jpg"], 2) == {1: 0, 2: 1}
    assert frames(labels, ["000000.jpg", "000001.jpg"], 2, "b") == {1: 0, 2: 1}
    assert "1 labelled image of other folders (val/a)" in said(labels, ["000000.jpg", "000001.jpg"], 2, "b")


def test_pictures_that_are_not_there_are_left_out():
    labels = listing(["x.jpg", "b.png", "y.jpg"])
    assert frames(labels, ["a.png", "b.png"], 2) == {1: 1}
    assert said(labels, ["a.png", "b.png"], 2) == (
        "2 labelled images of the file are not among the source's frames: x.jpg, y.jpg."
    )


def test_nothing_in_common_is_said():
    with pytest.raises(FormatError, match=r"None of the 2 images .* names x\.jpg, the folder holds a\.png"):
        match_frames(listing(["x.jpg", "y.jpg"]), ["a.png"], 1)
    with pytest.raises(FormatError, match="lists no image"):
        match_frames(Labels([]), None, 5)


def test_names_match_in_unicodes_other_form_without_their_suffix_and_without_roboflows_hash():
    names = ["Übung 1.jpg", "frame_000001.jpg", "clip-0002.png"]
    wanted = [
        unicodedata.normalize("NFD", names[0]),
        "frame_000001.PNG",
        "clip-0002_png.rf.c20ad4d76fe97759aa27a0c99bff6710.jpg",
    ]
    assert frames(listing(wanted), names, 3) == {0: 0, 1: 1, 2: 2}
    words = said(listing(wanted), names, 3)
    assert "frame_000001.PNG was taken as frame_000001.jpg" in words
    assert "hash that Roboflow adds" in words
    assert frames(listing(["frame_000001"]), names, 3) == {0: 1}
    assert frames(listing(["%C3%9Cbung%201.jpg"]), names, 3) == {0: 0}


def test_an_exact_name_goes_before_one_that_only_begins_alike():
    assert frames(listing(["a.png", "a.bmp"]), ["a.jpg", "a.png"], 2) == {0: 1}
    labels = listing(["a.tif", "b.png"])
    assert frames(labels, ["a.jpg", "a.png", "b.png"], 3) == {1: 2}
    assert "a.tif could be any of a.jpg, a.png, so it was left out" in said(labels, ["a.jpg", "a.png", "b.png"], 3)


def test_two_images_of_one_name_match_none_and_that_is_the_reason_given():
    labels = listing(["frame66.png", "frame66.png", "frame67.png"])
    assert frames(labels, ["frame66.png", "frame67.png"], 2) == {2: 1}
    assert said(labels, ["frame66.png", "frame67.png"], 2) == (
        "2 images of the file are named frame66.png, so none of them was taken."
    )


@pytest.mark.parametrize("names", [None, ["1.jpg", "2.jpg", "3.jpg"]])
def test_images_of_several_folders_are_refused_unless_one_has_the_sources_name(names):
    labels = listing(["day/1.jpg", "night/2.jpg"])
    with pytest.raises(FormatError, match=r"several folders \(day, night\)"):
        match_frames(labels, names, 3)
    assert len(frames(labels, names, 3, "night")) == 1
    assert len(frames(listing(["..\\label\\1.jpg", "2.jpg"]), names, 3)) == 2, "no folder is no other folder"


def test_ids_of_images_without_names_are_the_numbers_that_pictures_are_named_by():
    labels = listing(["", ""], image_ids=[785, 40083])
    assert frames(labels, ["000000000785.jpg", "000000040083.jpg"], 2) == {0: 0, 1: 1}
    assert "Image 785 was taken as 000000000785.jpg" in said(labels, ["000000000785.jpg", "000000040083.jpg"], 2)


# ---- videos ----


def test_a_number_is_the_frame_and_never_the_place_in_the_list():
    labels = listing(["frame_000020.png", "frame_000007.png"])
    assert frames(labels, None, 30) == {0: 20, 1: 7}
    assert "frame_000020.png was taken as frame 20" in said(labels, None, 30)
    names = ["1.jpg", "10.jpg", "11.jpg", *(f"{i}.jpg" for i in range(2, 10))]
    assert frames(listing(names), None, 40) == {i: int(name[:-4]) - 1 for i, name in enumerate(names)}
    assert "count from 1, frames from 0" in said(listing(names), None, 40)


def test_a_frame_id_goes_before_the_number_in_a_name_where_it_is_a_frame():
    names = ["images/a/000007.jpg", "images/a/000009.jpg", "images/a/000010.jpg"]
    assert frames(listing(names, [4, 5, 6]), None, 30) == {0: 4, 1: 5, 2: 6}
    assert frames(listing(names, [100, 101, 102]), None, 30) == {0: 7, 1: 9, 2: 10}
    assert frames(listing(names, [10003420003, 10003420004, 10003420009]), None, 30) == {0: 3, 1: 4, 2: 9}


def test_only_without_any_number_and_with_as_many_images_as_frames_the_order_counts():
    assert frames(listing(["b", "a", "c"]), None, 3) == {0: 0, 1: 1, 2: 2}
    assert "order counts" in said(listing(["b", "a", "c"]), None, 3)
    with pytest.raises(FormatError, match=r"hold no number \(b\)"):
        match_frames(listing(["b", "a", "c"]), None, 4)


def test_more_frames_than_the_source_has_is_said_with_numbers():
    with pytest.raises(FormatError, match=r"20 images.*from 1 to 20, but the source has only 5 frames"):
        match_frames(listing([f"{i:05d}.jpg" for i in range(1, 21)]), None, 5)
    with pytest.raises(FormatError, match=r"785 to 40083, but the source has only 450"):
        match_frames(listing(["000000000785.jpg", "000000040083.jpg"]), None, 450)


def test_a_clip_that_lost_its_last_frame_takes_the_others():
    labels = listing([f"frame_{i:06d}.PNG" for i in range(300)])
    assert frames(labels, None, 299) == {i: i for i in range(299)}
    assert "1 labelled image of the file is not among the source's frames: frame_000299.PNG" in said(labels, None, 299)


def test_what_the_first_frame_is_called_can_be_said():
    assert frames(listing(["5.jpg", "9.jpg"]), None, 30) == {0: 5, 1: 9}
    assert frames(listing(["5.jpg", "9.jpg"]), None, 30, "", 1) == {0: 4, 1: 8}
    with pytest.raises(FormatError, match="from 0 to 9"):
        match_frames(listing(["0.jpg", "9.jpg"]), None, 30, "", 1)


def test_formats_that_count_from_0_do_so_also_where_their_numbers_begin_at_1():
    labels = listing(["", "", ""], frame_ids=[1, 2, 3])
    assert frames(labels, None, 30) == {0: 0, 1: 1, 2: 2}
    labels.format_name = "deeplabcut"
    assert frames(labels, None, 30) == {0: 1, 1: 2, 2: 3}
    assert "image 1 was taken as frame 1" in said(labels, None, 30)


def test_two_images_of_one_number_match_none():
    labels = listing(["walk_5.jpg", "walk_0005.jpg", "walk_0006.jpg"])
    assert frames(labels, None, 30) == {2: 6}
    assert "2 images of the file have the number 5 (walk_5.jpg, walk_0005.jpg)" in said(labels, None, 30)


@pytest.mark.parametrize(
    "names",
    [
        ["cam1_000010.png", "cam2_000010.png"],
        ["cam1_000010.png", "cam1_000011.png", "cam2_000012.png", "cam2_000013.png"],
        ["front_0001.jpg", "side_0002.jpg"],
        ["0001_left.jpg", "0002_left.jpg", "0003_right.jpg"],
        ["1_0003.jpg", "2_0001.jpg", "1_0005.jpg", "2_0004.jpg"],
        ["walk3.jpg", "jump7.jpg"],
    ],
)
def test_pictures_of_several_cameras_are_refused_on_a_video_unless_one_has_its_name(names):
    with pytest.raises(FormatError, match="several cameras or clips"):
        frames(listing(names), None, 30)
    with pytest.raises(FormatError, match="several cameras or clips"):
        frames(listing(names, list(range(10, 10 + len(names)))), None, 30)


def test_of_several_cameras_the_one_that_the_video_is_named_by_is_taken():
    names = ["cam1_000010.png", "cam2_000010.png", "cam2_000011.png"]
    assert frames(listing(names), None, 30, "cam2") == {1: 10, 2: 11}
    assert "1 labelled image of other cameras or clips (cam1) was left out" in said(listing(names), None, 30, "cam2")


@pytest.mark.parametrize(
    "names",
    [
        ["cb0618f6-frame_0004.png", "abcd1234-frame_0007.png", "12345678-frame_0012.png", "abcdef12-frame_0013.png"],
        ["2024-05-01_12-59-58_f4.jpg", "2024-05-01_12-59-59_f7.jpg", "2024-05-01_13-00-00_f12.jpg",
         "2024-05-01_13-00-00_f13.jpg"],
        ["cam1_4.png", "cam1_7.png", "cam1_12.png", "cam1_13.png"],
        [f"0b6e3c1e-8f4d-4c7a-9a2f-{i:012x}_frame{n}.png" for i, n in enumerate((4, 7, 12, 13))],
        ["x_4_of_30.png", "x_7_of_30.png", "x_12_of_30.png", "x_13_of_30.png"],
    ],
)  # fmt: skip
def test_hashes_times_and_one_cameras_number_are_no_second_camera(names):
    assert list(frames(listing(names), None, 30).values()) == [4, 7, 12, 13]


def test_that_the_other_first_number_fits_is_said_with_its_option_unless_it_is_certain():
    words = said(listing(["5.jpg", "9.jpg"]), None, 30)
    assert "Counting from 1 fits the clip, too" in words and "--first-number 1" in words
    assert "--first-number 0" in said(listing(["1.jpg", "2.jpg", "3.jpg"]), None, 30)
    for certain in (
        said(listing(["0.jpg", "9.jpg"]), None, 30),
        said(listing(["5.jpg", "30.jpg"]), None, 30),
        said(listing(["5.jpg", "9.jpg"]), None, 30, "", 0),
        said(listing(["00005.jpg", "00009.jpg"], frame_ids=[6, 10]), None, 30),
    ):
        assert "fits the clip, too" not in certain


def test_frame_ids_that_contradict_the_names_are_said():
    words = said(listing(["a/7.jpg", "a/9.jpg", "a/10.jpg"], [4, 5, 6]), None, 30)
    assert "disagree (a/7.jpg has frame_id 4); their frame_ids counted" in words
    words = said(listing([f"{n:05d}.jpg" for n in (3, 12, 7)], [0, 1, 2]), None, 40)
    assert "the numbers in their names counted" in words
    assert "disagree" not in said(listing(["7.jpg", "9.jpg"], [6, 8]), None, 30)


def test_numbers_are_found_between_other_digits():
    assert numbers_of(["clip_mp4-0012_jpg.rf.c20ad4d76fe97759aa27a0c99bff6710.jpg"]) == [12]
    assert numbers_of(["a_0007_v2.png", "a_0003_v2.png"]) == [7, 3]
    assert numbers_of(["2024-05-01/clip.0012", "2024-05-01/clip.0013"]) == [12, 13]
    assert numbers_of(["cb0618f6-frame_0000.png", "cb0637e5-frame_0001.png"]) == [0, 1]
    assert numbers_of(["walk_1080p.png", "c20ad4d76f.png", ""]) == [None, None, None]


NAMINGS = {
    "from 0": lambda index: f"frame_{index:06d}.PNG",
    "from 1": lambda index: f"{index + 1}.jpg",
    "roboflow": lambda index: f"clip_mp4-{index:04d}_jpg.rf.{index * 7919:032x}.jpg",
    "posetrack": lambda index: f"images/val/000342_mpii_test/{index:06d}.jpg",
    "windows": lambda index: f"C:\\job 7\\frame{index:05d}_1080p.png",
}


@given(data=st.data(), naming=st.sampled_from(sorted(NAMINGS)), num_frames=st.integers(2, 60))
def test_every_image_is_the_frame_that_its_name_says_in_any_order(data, naming, num_frames):
    order = data.draw(st.permutations(range(num_frames)))
    names = [NAMINGS[naming](index) for index in order]
    assert frames(listing(names), None, num_frames) == dict(enumerate(order))
    on_disk = [NAMINGS[naming](index).replace("\\", "/").split("/")[-1] for index in range(num_frames)]
    assert frames(listing(names), on_disk, num_frames) == dict(enumerate(order))
    others = [name.rpartition(".")[0] + ".webp" for name in on_disk]
    assert frames(listing(names), others, num_frames) == dict(enumerate(order))


@given(data=st.data(), num_frames=st.integers(2, 60))
def test_of_a_part_of_the_frames_each_is_its_own(data, num_frames):
    part = data.draw(st.lists(st.integers(0, num_frames - 1), min_size=1, unique=True))
    names = [NAMINGS["from 0"](index) for index in part]
    on_disk = [NAMINGS["from 0"](index) for index in range(num_frames)]
    assert frames(listing(names), on_disk, num_frames) == dict(enumerate(part))
    if 0 in part or sorted(part)[0] > 1:
        assert frames(listing(names), None, num_frames) == dict(enumerate(part))
    assert frames(listing(names), None, num_frames, "", 0) == dict(enumerate(part))


def test_this_programs_own_files_say_the_frame():
    images = [
        LabelImage(i, f"images/a/{i:06d}.jpg", None, FramePoses(i), (), True, source_frame_index=i, num_frames=3)
        for i in range(3)
    ]
    made = [replace(image, name_is_made=True) for image in images]
    # The folder's names begin at 1: by name, every label would move by one frame.
    assert frames(Labels(made), ["000001.jpg", "000002.jpg", "000003.jpg"], 3) == {0: 0, 1: 1, 2: 2}
    # Where they are the names of pictures, these count: one picture of the folder was taken away, another came.
    assert frames(Labels(images), ["000001.jpg", "000002.jpg", "000003.jpg"], 3) == {1: 0, 2: 1}
    assert frames(Labels(images[2:]), None, 3) == {2: 2}


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
        matches = match_frames(labels, names, len(names)).frames
        by_name = {image.frame_index: image.file_name for image in labels.images}
        assert len(matches) == len(names)
        assert all(by_name[key].endswith(names[frame]) for key, frame in matches.items())


def test_no_pictures_near_is_no_error(tmp_path):
    assert find_images(listing(["images/a/000000.jpg"]), tmp_path) is None
    assert find_images(listing([""]), tmp_path) is None


@pytest.mark.parametrize("name", ["012_of_030.png", "clip_30fps_0012_v2.png", "cam2_frame_0012.png", "clip_v12.png"])
def test_the_number_of_a_lone_image_is_no_version_and_no_total(name):
    assert list(frames(listing([name]), None, 40).values()) == [12]


@pytest.mark.parametrize("first", [0, 1])
def test_frame_ids_that_are_places_in_the_list_are_no_frames(first):
    names = [f"clip/{n:05d}.jpg" for n in (3, 12, 7, 21)]
    labels = listing(names, frame_ids=[first, first + 1, first + 2, first + 3])
    assert list(frames(labels, None, 40).values()) == [3, 12, 7, 21]


@pytest.mark.parametrize(("ids_from", "names_from"), [(1, 0), (0, 1)])
def test_frame_ids_and_names_tell_together_what_the_first_frame_is_called(ids_from, names_from):
    wanted = [2, 7, 12, 21]
    labels = listing([f"{n + names_from:05d}.jpg" for n in wanted], frame_ids=[n + ids_from for n in wanted])
    assert list(frames(labels, None, 40).values()) == wanted
