"""Assign, swap, split and merge: the effect in words, and the one edit that makes it."""

import numpy as np
import pytest

from core.errors import ProjectError
from core.poses import Pose, Provenance
from core.project import Project, SourceRecord, edits
from core.project.track_edits import change_tracks, effect_of
from core.track_changes import Both, TrackChange, Verb

NUM_FRAMES = 20


@pytest.fixture
def project(tmp_path):
    """#1 in frames 0 to 9, #2 in 8 to 14, #3 in 16 to 19; a box's left edge tells who somebody was."""
    with Project.create(tmp_path / "p.fami", SourceRecord(tmp_path / "c.mp4", "video", 100, 100, NUM_FRAMES)) as made:
        for track_id, frames in ((1, range(10)), (2, range(8, 15)), (3, range(16, 20))):
            run_id = made.begin_run("track")
            pose = Pose.empty(track_id, (10.0 * track_id, 0, 10, 10), Provenance.PROPAGATED)
            made.write_run(run_id, {index: [pose] for index in frames})
            made.finish_run(run_id)
        yield made


def who(project):
    """Frames by the number that people have, and by whom they were."""
    found = {}
    for frame in project.frames():
        for pose in frame.poses:
            found.setdefault((pose.track_id, int(pose.bbox_xywh[0]) // 10), []).append(frame.frame_index)
    return found


def test_the_effect_is_said_before_it_is_made(project):
    def words(*args):
        return effect_of(project, TrackChange(*args)).in_words()

    assert words(Verb.ASSIGN, 3, 1, 0, 20) == "#1 takes #3's 4 frames, 16 to 19."
    assert words(Verb.ASSIGN, 3, 9, 17, 20) == "#9 takes #3's 3 frames, 17 to 19. Nobody is #9 yet."
    assert words(Verb.ASSIGN, 2, 1, 0, 20) == (
        "#1 takes #2's 7 frames, 8 to 14. Both are in 2 frames, 8 to 9: they swap there."
    )
    assert "and #1's own are deleted" in words(Verb.ASSIGN, 2, 1, 0, 20, Both.KEEP_MOVED)
    assert "and #2's are deleted" in words(Verb.MERGE, 2, 1, 0, 20, Both.KEEP_THERE)
    assert words(Verb.SWAP, 1, 3, 5, 20) == "#1 becomes #3 in 5 frames, 5 to 9; #3 becomes #1 in 4 frames, 16 to 19."
    assert words(Verb.SWAP, 1, 3, 15, 20) == "#1 becomes #3 in no frame; #3 becomes #1 in 4 frames, 16 to 19."
    assert words(Verb.SPLIT, 1, None, 6, 20) == "Somebody new takes #1's 4 frames, 6 to 9; #1 stays in 6 frames."
    assert words(Verb.MERGE, 3, 1, 0, 20) == "#1 takes all of #3's 4 frames, 16 to 19, and is then in 14 frames."
    assert words(Verb.ASSIGN, 1, 2, 15, 20) == "#1 is in none of these frames."
    assert words(Verb.ASSIGN, 1, 1, 0, 20) == "This is already #1: choose another number."


@pytest.mark.parametrize(
    ("change", "expected", "label"),
    [
        (
            TrackChange(Verb.ASSIGN, 1, 7, 4, 8),
            {(1, 1): [0, 1, 2, 3, 8, 9], (7, 1): [4, 5, 6, 7], (2, 2): list(range(8, 15))},
            "Change person 1 to 7 in frames 4 to 7",
        ),
        (
            TrackChange(Verb.ASSIGN, 2, 1, 0, 20, Both.SWAP),
            {(1, 1): list(range(8)), (1, 2): list(range(8, 15)), (2, 1): [8, 9]},
            "Change person 2 to 1 from frame 0 on",
        ),
        (
            TrackChange(Verb.MERGE, 2, 1, 0, 20, Both.KEEP_MOVED),
            {(1, 1): list(range(8)), (1, 2): list(range(8, 15))},
            "Merge person 2 into 1",
        ),
        (
            TrackChange(Verb.MERGE, 2, 1, 0, 20, Both.KEEP_THERE),
            {(1, 1): list(range(10)), (1, 2): list(range(10, 15))},
            "Merge person 2 into 1",
        ),
        (
            TrackChange(Verb.SWAP, 1, 2, 5, 9),
            {(1, 1): [0, 1, 2, 3, 4, 9], (2, 1): [5, 6, 7, 8], (1, 2): [8], (2, 2): list(range(9, 15))},
            "Swap numbers 1 and 2 in frames 5 to 8",
        ),
        (
            TrackChange(Verb.SPLIT, 1, None, 6, 20),
            {(1, 1): list(range(6)), (4, 1): [6, 7, 8, 9], (2, 2): list(range(8, 15))},
            "Split person 1 from frame 6 on",
        ),
    ],
)
def test_a_change_is_one_edit_and_undone_as_one(project, change, expected, label):
    before = who(project)
    effect = effect_of(project, change)
    touched = change_tracks(project, change)
    assert who(project) == expected | {(3, 3): [16, 17, 18, 19]}
    assert project.undo_label == label and touched.people_changed
    changed = set(touched.frame_indices)
    assert changed <= set(effect.moved.tolist()) | set(effect.there.tolist())
    project.undo()
    assert who(project) == before
    project.redo()
    assert who(project) == expected | {(3, 3): [16, 17, 18, 19]}


def test_what_cannot_be_is_refused_in_words_and_changes_nothing(project):
    before = who(project)
    for change, words in (
        (TrackChange(Verb.ASSIGN, 1, -1, 0, 20), "cannot be negative"),
        (TrackChange(Verb.ASSIGN, 1, 5, 15, 20), "not in frame 15 or later"),
        (TrackChange(Verb.ASSIGN, 3, 5, 2, 9), "in none of these frames"),
    ):
        with pytest.raises(ProjectError, match=words):
            change_tracks(project, change)
    assert not change_tracks(project, TrackChange(Verb.ASSIGN, 1, 1, 0, 20))
    assert who(project) == before


def test_a_run_that_still_writes_the_old_number_writes_the_new_one(project):
    run_id = project.begin_run("track")
    change_tracks(project, TrackChange(Verb.MERGE, 3, 1, 0, NUM_FRAMES))
    pose = Pose.empty(3, (30.0, 0, 11, 11), Provenance.PROPAGATED)
    project.write_run(run_id, {17: [pose]})
    assert [p.track_id for p in project.frame(17).poses] == [1]
    assert project.frame(17).pose(1).bbox_xywh[2] == 11


def test_frames_and_spans_of_people(project):
    assert project.frames_of(2).tolist() == list(range(8, 15)) and project.frames_of(2, 10, 12).tolist() == [10, 11]
    assert project.frames_of(99).dtype == np.int64 and not len(project.frames_of(99))
    assert project.track_spans() == {1: (0, 9), 2: (8, 14), 3: (16, 19)}
    edits.delete_person(project, 2)
    assert project.track_spans() == {1: (0, 9), 3: (16, 19)}
