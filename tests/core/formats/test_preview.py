"""What an import would touch, told before it writes."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import Cancelled, FormatError
from core.formats import LabelImage, Labels, import_labels, preview_imports
from core.poses import FramePoses, Pose, Provenance
from core.project import Project, SourceRecord

BOX = np.array([10.0, 10.0, 60.0, 90.0])


def listing(numbers, labelled=True, linked=frozenset()):
    person = (Pose.empty(5, BOX, Provenance.IMPORTED),) if labelled else ()
    images = [LabelImage(i, f"{n:06d}.jpg", None, FramePoses(i, person)) for i, n in enumerate(numbers)]
    return Labels(images, "coco", linked_ids=linked)


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "p.fami", SourceRecord(Path("/clips/walk.mp4"), "video", 160, 120, 12, "")) as made:
        yield made


def test_both_first_numbers_that_fit_and_only_these(project):
    assert [preview.first_number for preview in preview_imports(project, listing([3, 5, 9]), None)] == [0, 1]
    assert [preview.first_number for preview in preview_imports(project, listing([0, 5, 9]), None)] == [0]
    assert [preview.first_number for preview in preview_imports(project, listing([5, 9, 12]), None)] == [1]


def test_the_preview_writes_nothing_and_says_what_the_import_then_does(project):
    labels = listing([3, 5, 9])
    preview = preview_imports(project, labels, None)[0]
    assert not project.runs() and labels.warnings == []
    touched = import_labels(project, labels, None)
    assert (preview.num_frames, preview.num_people) == (len(touched.frame_indices), len(touched.track_ids))
    assert {*preview.remarks, preview.decision} == set(labels.warnings)


def test_nothing_labelled_is_nothing_to_import(project):
    with pytest.raises(FormatError, match="nothing to import"):
        preview_imports(project, listing([3, 5], labelled=False), None)


def test_whom_people_without_numbers_would_become(project):
    import_labels(project, listing([0, 1, 2]), None)
    assert preview_imports(project, listing([0, 1, 2], linked=frozenset({5})), None)[0].same_people == (5,)
    assert preview_imports(project, listing([0, 1, 2]), None)[0].same_people == ()


def test_a_cancelled_import_leaves_nothing_to_take_back(project):
    told = []

    def in_the_middle(done, total):
        told.append((done, total))
        if len(told) > 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        import_labels(project, listing(range(12)), None, on_progress=in_the_middle)
    assert not len(project.labelled_frames())
    assert [run.status for run in project.runs()] == ["removed"]
