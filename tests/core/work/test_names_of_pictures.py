"""Names of pictures in a stranger's labels lead to pictures near the file, and nowhere else."""

import json

import numpy as np
import pytest
from PIL import Image

from core.errors import FormatError
from core.formats import find_images, read_labels
from core.work.opening import ImagesMissingError, open_path


def labels_naming(path, *names):
    images = [{"id": place, "file_name": name} for place, name in enumerate(names)]
    people = [{"image_id": 0, "category_id": 1, "bbox": [1, 2, 30, 40], "keypoints": [5, 6, 2] * 17}]
    path.write_text(json.dumps({"images": images, "annotations": people, "categories": [{"id": 1, "name": "person"}]}))
    return path


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save(path)
    return path


@pytest.fixture
def home(tmp_path):
    """A person's pictures, beside the folder deep down into which a stranger's archive was unpacked."""
    picture(tmp_path / "private" / "a.jpg")
    (tmp_path / "1/2/3/4/5").mkdir(parents=True)
    return tmp_path


def test_neither_absolute_names_nor_those_that_go_up_are_followed(home):
    place = home / "1/2/3/4/5"
    up = "../" * 5 + "private/a.jpg"
    for name in (
        str(home / "private" / "a.jpg"),
        up,
        f"x/{up}",
        "//" + str(home / "private/a.jpg"),
        up.replace("/", "\\"),
    ):
        path = labels_naming(place / "labels.json", name)
        assert find_images(read_labels(path), place) is None, name
        with pytest.raises(ImagesMissingError):
            open_path(path, lambda done, total: None)


def test_a_link_out_of_the_folder_is_not_followed(home):
    place = home / "1/2/3/4/5"
    (place / "images").symlink_to(home / "private")
    assert find_images(read_labels(labels_naming(place / "labels.json", "images/a.jpg")), place) is None
    picture(place / "frames" / "a.jpg")
    assert (
        find_images(read_labels(labels_naming(place / "labels.json", "/data/frames/a.jpg")), place) == place / "frames"
    )


@pytest.mark.parametrize("name", ["b" * 300 + ".jpg", "a/" * 3000 + "a.jpg", "a\x00.jpg", ".jpg", "//.jpg", "..jpg"])
def test_names_that_no_file_can_have_are_not_found(tmp_path, name):
    path = labels_naming(tmp_path / "labels.json", name)
    assert find_images(read_labels(path), tmp_path) is None


def test_labels_of_another_clip_leave_no_empty_project(tmp_path):
    picture(tmp_path / "frames" / "other" / "a.jpg")
    picture(tmp_path / "frames" / "b.jpg")
    path = labels_naming(tmp_path / "frames" / "labels.json", "x/b.jpg", "y/b.jpg")
    with pytest.raises(FormatError):
        open_path(path, lambda done, total: None)
    assert not list(tmp_path.rglob("*.fami"))
