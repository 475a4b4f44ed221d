"""A stranger's project: nothing in it acts by itself, and nothing in it is believed."""

import json
import sqlite3
from contextlib import closing

import pytest

from core.errors import ProjectError
from core.project import Project, RunKind, edits
from core.project.storage import contents
from core.work.unfinished import unfinished

SOURCE = {"path": "clip.mp4", "relative": "clip.mp4", "kind": "video", "width": 640, "height": 480, "num_frames": 100,
          "timestamps_sha": ""}  # fmt: skip


@pytest.fixture
def held(project, predicted):
    """A project with something in every table."""
    project.write_run(project.begin_run(RunKind.PREDICT), {i: [predicted(1), predicted(2)] for i in range(5)},
                      {i: (0.04 * i, "aa") for i in range(5)})  # fmt: skip
    edits.move_keypoint(project, 0, 1, 9, (3, 4))
    edits.delete_person(project, 2, 1)
    edits.cut_person_from(project, 3, 2)
    edits.add_person(project, 9, (1, 2, 3, 4))
    run_id = project.begin_run(RunKind.IMPORT)
    project.write_ignore_regions(run_id, {0: [[[0, 0], [5, 0], [0, 5]]]})
    project.write_kept_fields(run_id, {(0, 1): {"a": 1}})
    project.mark_done([("unsure", 0, 7)])
    project.record_round({"before": {}}, "c" * 64, None)
    with project._store.transaction() as store:
        store.execute("INSERT INTO persons_regions VALUES (1, '[]', '[]')")
    project.close()
    return project.path


def changed(path, *statements):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


STRANGE = [
    "CREATE TRIGGER away AFTER INSERT ON entries BEGIN DELETE FROM poses; END",
    "CREATE VIEW everybody AS SELECT * FROM poses",
    "CREATE TABLE notes (text TEXT)",
    "CREATE INDEX slow ON poses (hex(pose))",
]


@pytest.mark.parametrize("statement", STRANGE)
@pytest.mark.parametrize("read_only", [False, True])
def test_what_the_schema_does_not_have_is_refused(held, statement, read_only):
    changed(held, statement)
    content = held.read_bytes()
    with pytest.raises(ProjectError, match=r"did not put there.*repair"):
        Project.open(held, read_only)
    assert held.read_bytes() == content


def test_a_table_that_is_another_one_is_refused(held):
    changed(
        held,
        "ALTER TABLE rounds RENAME TO gone",
        "CREATE VIEW rounds AS SELECT * FROM gone",
    )
    with pytest.raises(ProjectError, match="did not put there"):
        Project.open(held)


def test_a_missing_table_is_named(held):
    changed(held, "DROP TABLE rounds")
    with pytest.raises(ProjectError, match="lacks the table “rounds”"):
        Project.open(held)


def test_statistics_of_sqlite_are_no_stranger(held):
    changed(held, "ANALYZE")
    Project.open(held).close()


@pytest.mark.parametrize("table", contents._COLUMNS)
def test_a_value_of_another_kind_is_refused_with_its_place(held, table):
    for column in contents._COLUMNS[table]:
        for value in ("x'ff'", "'words'", "9e99", "-9000000000000000000", "9223372036854775807"):
            path = held.with_name(f"{table}-{column.name}.fami")
            path.write_bytes(held.read_bytes())
            try:
                changed(path, f"UPDATE {table} SET {column.name} = {value}")
            except sqlite3.Error:
                continue  # the table itself does not take it
            try:
                with Project.open(path) as project:
                    use(project)
            except ProjectError as error:
                assert "\n" not in str(error) and (path.name in str(error) or "A pose" in str(error))


def use(project):
    """Everything that reads."""
    project.summary(), list(project.frames()), project.runs(), project.rounds(), project.effort_by_round()
    project.ignore_regions(), project.kept_fields(), project.done_marks(), project.track_cells(0, 100)
    project.deleted_boxes(0, 100), project.track_spans(), project.track_ends(), project.undo_label
    unfinished(project)
    for entry in project.journal():
        project.changes_of(entry.entry_id)
    edits.add_person(project, 20, (1, 2, 3, 4))
    project.undo()


@pytest.mark.parametrize(
    "change",
    [
        {"num_frames": 10**12}, {"num_frames": -1}, {"num_frames": "many"}, {"num_frames": 1.5}, {"num_frames": True},
        {"width": 10**9}, {"height": None}, {"kind": "painting"}, {"path": None}, {"path": "a\0b"}, {"relative": 7},
        {"relative": "a\0b"}, {"timestamps_sha": []},
    ],
)  # fmt: skip
def test_a_clip_that_cannot_be_is_refused(held, change):
    text = json.dumps({**SOURCE, **change}).replace("'", "''")
    changed(held, f"UPDATE meta SET value = '{text}' WHERE key = 'source'")
    for read_only in (False, True):
        with pytest.raises(ProjectError, match="what it says about its video cannot be read"):
            Project.open(held, read_only)


@pytest.mark.parametrize("text", ["[]", "7", "{}", "null", "{", "[" * 100_000, '{"path": 1e999}'])
def test_a_clip_that_is_no_record_is_refused(held, text):
    changed(held, f"UPDATE meta SET value = '{text}' WHERE key = 'source'")
    with pytest.raises(ProjectError, match="what it says about its video cannot be read"):
        Project.open(held)


@pytest.mark.parametrize("settings", ['{"track_id": "one"}', '{"frames": 7}', '{"asked": [1, "2"]}', "[]", "{"])
def test_settings_of_a_run_are_looked_at(held, settings):
    changed(held, f"UPDATE runs SET settings = '{settings}', status = 'cancelled'")
    with pytest.raises(ProjectError, match="damaged"), Project.open(held) as project:
        unfinished(project)


@pytest.mark.parametrize("polygons", ["[[1]]", "[[[1, 2], [3]]]", '[["a"]]', "[[[1, 1e300]]]", "[null]", "[7]"])
def test_regions_are_looked_at(held, polygons):
    changed(held, f"UPDATE ignore_regions SET polygons = '{polygons}'")
    with Project.open(held) as project, pytest.raises(ProjectError, match="nothing is to be evaluated"):
        project.ignore_regions()


def test_no_number_is_left_is_said(held):
    changed(held, f"UPDATE meta SET value = '{2**53}' WHERE key = 'highest_track_id'")
    with Project.open(held) as project, pytest.raises(ProjectError, match="No number above"):
        edits.add_person(project, 0, (1, 2, 3, 4))
    changed(held, "UPDATE meta SET value = 'many' WHERE key = 'highest_track_id'")
    with Project.open(held) as project, pytest.raises(ProjectError, match="highest number"):
        edits.add_person(project, 0, (1, 2, 3, 4))
