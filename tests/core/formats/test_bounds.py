"""Numbers, names and nesting that no label has: left out or refused when a file is read, never later."""

import json

import numpy as np
import pytest

from core.errors import LONGEST_SENTENCE, FormatError
from core.formats import export_project, import_labels, read_labels
from core.formats.exporting import FORMATS
from core.keypoints import COCO
from core.poses import Provenance
from core.project import PoseChange, Project, SourceRecord


def coco(path, *, image=None, text=None, **person):
    """A COCO file of two images, with one person in the first; `text` replaces "@" by what JSON cannot be made of."""
    images = [{"id": i, "file_name": f"{i}.jpg"} | (image or {}) for i in range(2)]
    people = [{"image_id": 0, "category_id": 1, "bbox": [1, 2, 30, 40], "keypoints": [5, 6, 2] * 17} | person]
    categories = [{"id": 1, "name": "person", "keypoints": list(COCO.keypoint_names)}]
    content = json.dumps({"images": images[:1] + images[1:], "annotations": people, "categories": categories})
    path.write_text(content if text is None else content.replace('"@"', text))
    return path


def test_coordinates_that_no_picture_reaches_are_left_out_and_all_exports_go_on(tmp_path):
    path = coco(tmp_path / "a.json", keypoints=[1e308, 6, 2, *[5, 6, 2] * 16], bbox=[-1e308, 0, 1e308, 9])
    labels = read_labels(path)
    pose = labels.images[0].poses.poses[0]
    assert not pose.labelled[0] and pose.labelled[1:].any() and np.abs(pose.bbox_xywh).max() < 100
    assert any("a joint that lies further away than any picture reaches was left out" in w for w in labels.warnings)
    with Project.create(tmp_path / "a.fami", SourceRecord(tmp_path / "a.mp4", "video", 640, 480, 2)) as project:
        import_labels(project, labels, None)
        for name in FORMATS:
            export_project(project, None, name, tmp_path / f"out.{name}")
            assert (tmp_path / f"out.{name}").stat().st_size


def test_a_track_id_beyond_what_json_holds_is_none_and_people_can_be_added(tmp_path):
    labels = read_labels(coco(tmp_path / "a.json", track_id=2**63 - 1))
    with Project.create(tmp_path / "a.fami", SourceRecord(tmp_path / "a.mp4", "video", 640, 480, 2)) as project:
        import_labels(project, labels, None)
        (number,) = project.reserve_track_ids(1)
        pose = labels.images[0].poses.poses[0].replaced(track_id=number, bbox_provenance=Provenance.CORRECTED)
        project.commit("Add", [PoseChange(1, None, pose)])
        assert project.frame(1).pose(number) is not None


@pytest.mark.parametrize("digits", ["7" * 400, "-" + "7" * 400, "1e999", "NaN", "-Infinity"])
def test_a_number_too_large_for_any_is_no_number(tmp_path, digits):
    pose = read_labels(coco(tmp_path / "a.json", score="@", bbox=["@", 2, 3, 4], text=digits)).images[0].poses.poses[0]
    assert np.isfinite(pose.bbox_xywh).all()


@pytest.mark.parametrize(
    "text", ["7" * 5000, "--5", "[" * 100_000 + "]" * 100_000, '{"a":' * 5000 + "1" + "}" * 5000, "[1,"]
)
def test_what_python_cannot_read_is_refused_with_the_file_s_name(tmp_path, text):
    with pytest.raises(FormatError, match=r"a\.json"):
        read_labels(coco(tmp_path / "a.json", extra="@", text=text))


@pytest.mark.parametrize("written", ["--5", "²", "٣", "1_0", "5" * 30])
def test_only_plain_digits_are_a_number(tmp_path, written):
    (image, _) = read_labels(coco(tmp_path / "a.json", track_id=written, image={"frame_id": written})).images
    assert image.frame_id is None and 0 <= image.poses.poses[0].track_id < 2**53


def test_half_of_a_letter_becomes_a_mark_that_a_database_can_hold(tmp_path):
    path = coco(tmp_path / "a.json", attributes={"\ud800": "x\udfff", "smile": "\U0001f600"})
    (image, _) = read_labels(path).images
    ((_, kept),) = image.kept_of.items()
    assert kept["coco"]["attributes"] == {"\ufffd": "x\ufffd", "smile": "\U0001f600"}


def test_sentences_quote_a_file_in_one_short_line(tmp_path):
    name = "nose\n\x1b[31m\u202e" + "x" * 100_000
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"images": [], "categories": [{"id": 1, "name": "person", "keypoints": [name]}]}))
    with pytest.raises(FormatError) as caught:
        read_labels(path)
    said = str(caught.value)
    assert len(said) <= LONGEST_SENTENCE and said.isprintable() and said.endswith("left_shoulder, ...")


def test_skeletons_by_numbers_that_are_none_are_not_guessed(tmp_path):
    for names in ({"²": "nose"}, {"a": "nose"}, {"1": "nose", "01": "nose"}):
        (tmp_path / "a.json").write_text(json.dumps({"keypoints": [{"0": 5, "1": [[1, 2, 0.5]]}], "skeleton": names}))
        with pytest.raises(FormatError, match=r"a\.json"):
            read_labels(tmp_path / "a.json")
