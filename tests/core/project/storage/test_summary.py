"""The summary's columns while they are written: another thread may read them at any moment."""

from core.project import RunKind, edits


def test_no_statement_of_an_edit_sees_a_blanked_column(project, predicted):
    project.write_run(project.begin_run(RunKind.PREDICT), {i: [predicted(1), predicted(2)] for i in range(3)})
    summary = project.summary()
    seen = set()
    look = lambda _: seen.update(summary.num_people[:3].tolist())  # noqa: E731 - what another thread would see
    project._store._connection.set_trace_callback(look)
    edits.move_keypoint(project, 1, 1, 9, (3, 4))
    project.write_run(project.begin_run(RunKind.PREDICT), {i: [predicted(1, at=30)] for i in range(3)})
    project.undo()
    project._store._connection.set_trace_callback(None)
    assert seen == {2}


def test_the_columns_grow_with_a_frame_beyond_the_clip(project):
    edits.mark_reviewed(project, 3)
    before = project.summary()
    edits.mark_reviewed(project, 130)
    assert len(before) == 100 and len(project.summary()) == 131
    assert project.summary().reviewed.nonzero()[0].tolist() == [3, 130]
