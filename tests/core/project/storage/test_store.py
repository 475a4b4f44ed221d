"""A project that was closed says so in one sentence, whatever is asked of it and whenever it was closed."""

import threading

import numpy as np
import pytest

from core.errors import ProjectError
from core.project import Project, RunKind, SourceRecord, edits

CLOSED = r"^The project was closed\.$"
ASKED = {
    "frame": lambda p: p.frame(0),
    "frames": lambda p: list(p.frames()),
    "track": lambda p: list(p.track(1)),
    "track_ids": lambda p: p.track_ids(),
    "labelled_frames": lambda p: p.labelled_frames(),
    "frame_proofs": lambda p: p.frame_proofs(0),
    "deleted_boxes": lambda p: p.deleted_boxes(0, 9),
    "ignore_regions": lambda p: p.ignore_regions(),
    "summary": lambda p: p.summary(),
    "source": lambda p: p.source,
    "undo_label": lambda p: p.undo_label,
    "redo_label": lambda p: p.redo_label,
    "runs": lambda p: p.runs(),
    "rounds": lambda p: p.rounds(),
    "setting": lambda p: p.setting("view"),
    "active_weights": lambda p: p.active_weights,
    "effort": lambda p: p.effort(),
    "journal": lambda p: p.journal(),
    "changes_of": lambda p: p.changes_of(1),
    "relocate": lambda p: p.relocate("clip.mp4"),
    "reserve_track_ids": lambda p: p.reserve_track_ids(1),
    "commit": lambda p: p.commit("Nothing", []),
    "move_keypoint": lambda p: edits.move_keypoint(p, 0, 1, 9, (1, 2)),
    "add_person": lambda p: edits.add_person(p, 0, (1, 2, 3, 4)),
    "undo": lambda p: p.undo(),
    "redo": lambda p: p.redo(),
    "begin_run": lambda p: p.begin_run(RunKind.PREDICT),
    "write_run": lambda p: p.write_run(1, {}),
    "finish_run": lambda p: p.finish_run(1),
    "remove_run": lambda p: p.remove_run(1),
    "write_ignore_regions": lambda p: p.write_ignore_regions(1, {0: [np.zeros((3, 2))]}),
    "set_setting": lambda p: p.set_setting("view", "zoomed"),
    "record_round": lambda p: p.record_round({}, "c" * 64, None),
}


@pytest.mark.parametrize("asked", ASKED)
def test_whatever_is_asked_of_a_closed_project(project, asked):
    edits.add_person(project, 0, (1, 2, 30, 40))
    project.begin_run(RunKind.PREDICT)
    project.frame(0)
    project.summary()
    project.close()
    with pytest.raises(ProjectError, match=CLOSED):
        ASKED[asked](project)
    project.close()


def test_closed_inside_a_transaction(project, predicted):
    """The batch is read inside the transaction, and whoever reads it closes the project."""
    run_id = project.begin_run(RunKind.PREDICT)

    def people():
        yield predicted(1)
        project.close()

    with pytest.raises(ProjectError, match=CLOSED):
        project.write_run(run_id, {0: people()})


def test_another_thread_that_closes_waits_for_the_transaction(project, predicted):
    run_id = project.begin_run(RunKind.PREDICT)
    inside, go_on = threading.Event(), threading.Event()
    said = []

    def people():
        inside.set()
        assert go_on.wait(60)
        yield predicted(1)

    def write():
        said.append(bool(project.write_run(run_id, {0: people()})))
        closer.join()
        try:
            project.write_run(run_id, {1: [predicted(1)]})
        except ProjectError as error:
            said.append(str(error))

    closer = threading.Thread(target=project.close)
    writer = threading.Thread(target=write)
    writer.start()
    assert inside.wait(60)
    closer.start()
    go_on.set()
    writer.join()
    assert said == [True, "The project was closed."]
    with type(project).open(project.path) as again:
        assert again.frame(0).poses, "what was being written when it was closed is there"


def test_a_table_whose_description_is_no_text_is_damage(tmp_path):
    path = tmp_path / "clip.fami"
    Project.create(path, SourceRecord(tmp_path / "clip.mp4", "video", 640, 480, 5)).close()
    content = path.read_bytes()
    assert content.count(b"(key TEXT PRIMARY KEY") == 1
    path.write_bytes(content.replace(b"(key TEXT PRIMARY KEY", b"(k\xffy TEXT PRIMARY KEY"))
    with pytest.raises(ProjectError, match=r"clip\.fami"):
        Project.open(path)
