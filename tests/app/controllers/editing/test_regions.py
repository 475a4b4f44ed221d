"""Ignore regions are drawn and changed on the picture: each is an edit, on disk at once, undone, exported."""

import json

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.errors import ProjectError
from core.formats import export_project
from core.project import Project, RunKind, edits

SQUARE = np.array([[10.0, 10], [40, 10], [40, 40], [10, 40]])


def regions(project, frame_index=0):
    return [np.round(region).tolist() for region in project.ignore_regions_of(frame_index)]


def import_regions(project, polygons, frame_index=0):
    with project.run(RunKind.IMPORT) as run_id:
        project.write_ignore_regions(run_id, {frame_index: polygons})
    return run_id


def test_a_region_is_drawn_moved_deleted_and_each_is_undone(drive, clip):
    d = drive(clip)
    project = d.session.project
    d.do("action_ignore_regions")
    assert "Drag a rectangle" in d.said
    d.drag((10, 10), (40, 40))
    assert regions(project) == [SQUARE.tolist()] and d.session.undo_label == "Draw an ignore region"
    assert project.frame_proofs(0), "it carries proof of its frame"
    with Project.open(project.path, read_only=True) as reader:
        assert regions(reader) == [SQUARE.tolist()], "on disk at once"
    d.drag((40, 40), (60, 50))
    assert regions(project)[0][2] == [60, 50]
    QTest.keyClick(d.window.canvas, Qt.Key.Key_Delete)
    assert regions(project) == [] and project.ignore_regions() == {}
    for expected in ([[10, 10], [40, 10], [60, 50], [10, 40]], SQUARE.tolist(), None):
        d.do("action_undo")
        assert regions(project) == ([] if expected is None else [expected])
        assert len(d.window.canvas._regions.context.regions) == (expected is not None)
    d.do("action_redo")
    assert regions(project) == [SQUARE.tolist()]
    d.go_to(2)
    assert d.window.canvas._regions.context.regions == ()
    d.go_to(0)
    assert len(d.window.canvas._regions.context.regions) == 1


def test_what_a_file_brought_can_be_changed_and_outlasts_neither_undo_nor_its_run(drive, clip):
    d = drive(clip)
    project = d.session.project
    other = SQUARE + 50
    run_id = import_regions(project, [SQUARE, other])
    d.session.show_again()
    d.do("action_ignore_regions")
    d.drag((40, 40), (44, 46))
    assert regions(project)[0] == other.tolist() and regions(project)[1][2] == [44, 46]
    import_regions(project, [SQUARE, SQUARE + 70])
    assert len(regions(project)) == 3, "what was changed does not come back, what is new is there"
    project.remove_run(run_id)
    assert len(regions(project)) == 2 and regions(project)[-1][2] == [44, 46], "what a person drew stays"
    d.do("action_undo")
    assert regions(project) == [SQUARE.tolist(), (SQUARE + 70).tolist()], "the second import has it, too"


@pytest.mark.parametrize("format_name", ["posetrack18", "posetrack17"])
def test_a_drawn_region_is_exported_as_an_imported_one(drive, clip, tmp_path, format_name):
    d = drive(clip)
    d.add_person(0)
    d.program.editing.set_ignore_regions([SQUARE])
    out = tmp_path / "labels.json"
    export_project(d.session.project, None, format_name, out)
    document = json.loads(out.read_text())
    if format_name == "posetrack18":
        assert document["images"][0]["ignore_regions_x"] == [SQUARE[:, 0].tolist()]
    else:
        points = document["annolist"][0]["ignore_regions"][0]["point"]
        assert [[point["x"][0], point["y"][0]] for point in points] == SQUARE.tolist()


def test_two_corners_are_no_region_and_a_read_only_project_says_so(drive, clip):
    d = drive(clip)
    with pytest.raises(ProjectError, match="three corners"):
        edits.set_ignore_regions(d.session.project, 0, [SQUARE[:2]])
    assert not edits.set_ignore_regions(d.session.project, 0, []), "nothing changed, nothing is written"


def test_an_older_project_open_to_read_has_no_drawn_regions(drive, clip):
    d = drive(clip)
    project = d.session.project
    import_regions(project, [SQUARE])
    project._store._connection.execute("DROP TABLE persons_regions")
    assert regions(project) == [SQUARE.tolist()] and list(project.ignore_regions()) == [0]
