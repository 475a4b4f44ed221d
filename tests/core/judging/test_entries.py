"""The queue's entries: neighbouring doubts as one, filtered, in order, and marked as done."""

import numpy as np

from core.judging.doubts import Reason
from core.judging.entries import Entry, Wanted, filter_choices, in_clip_order, in_order, with_marks
from core.judging.review import (
    ReviewQueue,
    entries_of,
)
from core.poses import FramePoses, Provenance
from tests.core.judging.people import KNEE, WRIST, Clip, entries, standing, with_score


def doubted(scores, keypoint=WRIST, track_id=1):
    """Frames in which a joint has these scores; None where the person is sure of it."""
    return [
        FramePoses(index, (with_score(standing(track_id=track_id), keypoint, 0.9 if score is None else score),))
        for index, score in enumerate(scores)
    ]


def test_neighbouring_frames_are_one_entry_that_leads_to_the_worst():
    (entry,) = entries_of(doubted([None, 0.4, 0.3, 0.1, 0.2, None, 0.45, None]))
    assert (entry.where, entry.sentence) == ("Frames 1 to 6 · #1", "left wrist is unsure (down to 0.10)")
    assert (entry.frame_index, entry.keypoint, entry.num_open) == (3, WRIST, 5)
    far = entries_of(doubted([0.4, *[None] * 6, 0.3]))
    assert [e.where for e in far] == ["Frame 7 · #1", "Frame 0 · #1"], "six frames in between are a gap"
    bridged = entries_of(doubted([0.4, *[None] * 5, 0.3]))
    assert [e.where for e in bridged] == ["Frames 0 to 6 · #1"]


def test_each_joint_and_reason_of_a_person_is_an_entry_of_its_own():
    frames = [
        FramePoses(index, (with_score(with_score(standing(), WRIST, 0.2), KNEE, 0.4), standing(0.3, track_id=2)))
        for index in range(4)
    ]
    found = entries_of(frames)
    assert {e.where for e in found} == {"Frames 0 to 3 · #1", "Frames 0 to 3 · #2"}
    assert [e.keypoint for e in found if e.track_id == 1] == [WRIST, KNEE] and len(found) == 2 + 17


def test_filters_by_reason_person_and_joint_and_hidden_people():
    queue = ReviewQueue()
    queue.look_at(
        FramePoses(index, (with_score(standing(), WRIST, 0.2), with_score(standing(track_id=2), KNEE, 0.4)))
        for index in range(4)
    )
    lost = Entry(Reason.LOST, 4, 4, 4, 2, None, "is lost after frame 3", 1.0)
    columns = queue.columns([lost])

    def shown(**wanted):
        rows = in_order(columns, np.flatnonzero(columns.where(Wanted(**wanted))))
        return [(columns.entry(row).track_id, columns.entry(row).reason.value) for row in rows.tolist()]

    assert shown() == [(2, "lost"), (1, "unsure"), (2, "unsure")]
    assert shown(reason=Reason.LOST) == [(2, "lost")] and shown(track_id=1) == [(1, "unsure")]
    assert shown(keypoint=KNEE) == [(2, "unsure")] and shown(hidden=frozenset({2})) == [(1, "unsure")]
    choices = filter_choices(columns, frozenset())
    assert choices.track_ids == (1, 2) and choices.keypoints == (WRIST, KNEE)
    assert choices.reasons == (Reason.UNSURE, Reason.LOST)
    assert filter_choices(columns, frozenset({2})).keypoints == (WRIST,)
    assert [int(columns.frame_index[row]) for row in in_clip_order(columns, np.arange(3))] == [0, 0, 4]


def test_the_order_is_one_function():
    queue = ReviewQueue()
    queue.look_at(doubted([0.1, *[None] * 8, 0.4, 0.4, 0.4]))
    columns = queue.columns()
    rows = np.arange(len(columns))
    longest = in_order(columns, rows, lambda all_of_them: all_of_them.num_open.astype(float))
    assert columns.entry(int(longest[0])).where == "Frames 9 to 11 · #1"
    assert columns.entry(int(in_order(columns, rows)[0])).where == "Frame 0 · #1"


def marks_of(*entries):
    return {entry.places.what: entry.places.codes for entry in entries}


def test_what_a_person_marked_as_done_stays_so_until_the_pose_changes():
    scene = Clip(*[frame.poses[0] for frame in doubted([0.4, 0.3, 0.2])])
    queue = ReviewQueue()
    queue.look_at(scene.read(0, 3))
    (entry,) = entries(queue)
    queue.mark(marks_of(entry))
    (done,) = [queue.columns().entry(0)]
    assert done.is_done and done.num_open == 0 and done.sentence == entry.sentence
    scene.frames[1] = FramePoses(1, (with_score(standing(), WRIST, 0.35),))
    queue.look_again([1], scene.read)
    (back,) = entries(queue)
    assert (back.where, back.frame_index, back.num_open) == ("Frames 0 to 2 · #1", 1, 1)
    fresh = ReviewQueue()
    fresh.mark(marks_of(entry))
    scene.frames[1] = FramePoses(1, (with_score(standing(), WRIST, 0.3),))
    fresh.look_at(scene.read(0, 3))
    assert entries(fresh) == [] and len(fresh.columns()) == 1, "the same pose gives the same print after a restart"
    fresh.mark({})
    assert len(entries(fresh)) == 1
    lost = Entry(Reason.LOST, 4, 4, 4, 2, None, "is lost", 1.0, places=entry.places)
    assert with_marks([lost], marks_of(entry))[0].is_done and not with_marks([lost], {})[0].is_done


def test_what_a_person_settled_by_an_edit_is_done_and_opens_again_with_the_doubt():
    scene = Clip(*[frame.poses[0] for frame in doubted([0.4, 0.3, 0.2])])
    queue = ReviewQueue()
    queue.look_at(scene.read(0, 3))
    for index in (0, 1):
        scene.frames[index] = FramePoses(index, (with_score(standing(), WRIST, 1.0, Provenance.CORRECTED),))
    queue.look_again([0, 1], scene.read)
    assert [(e.where, e.num_open) for e in entries(queue)] == [("Frames 0 to 2 · #1", 1)]
    scene.frames[2] = FramePoses(2, scene.frames[2].poses, reviewed=True)
    queue.look_again([2], scene.read)
    columns = queue.columns()
    assert entries(queue) == [] and len(columns) == 1 and columns.entry(0).sentence == "left wrist was unsure"
    scene.frames[2] = FramePoses(2, scene.frames[2].poses)
    queue.look_again([2], scene.read)
    assert [e.num_open for e in entries(queue)] == [1]
    for index in range(3):
        scene.frames[index] = FramePoses(index, (standing(),))
    queue.look_again(range(3), scene.read)
    assert len(queue.columns()) == 0, "a machine's new word is no work of a person"
