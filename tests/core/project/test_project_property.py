"""Random sequences of edits, runs, undos, redos and reopenings, compared with a plain model in memory."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ProjectError
from core.judging.review import is_doubtful
from core.poses import Pose, Provenance, Visibility
from core.project import PoseChange, Project, ReviewChange, SourceRecord, edits
from core.project.storage.codec import encode
from core.transforming import translation
from tests.core.project.plain_model import FRAMES, JOINTS, Model, cells_of, changing, deleting


def predicted(rng, track_id):
    return Pose(
        track_id,
        rng.uniform(1, 100, 4),
        rng.uniform(0, 100, (JOINTS, 2)),
        np.full(JOINTS, Visibility.VISIBLE),
        rng.uniform(0, 1, JOINTS),
        np.full(JOINTS, Provenance.PREDICTED),
        Provenance.PREDICTED,
    )


def changed_cells(before, after):
    old, new = cells_of(before), cells_of(after)
    return {name: new[name] for name in new if new[name] != old[name]}


class Story:
    """Does the same to a project and to the model."""

    def __init__(self, path):
        self.path = path
        self.project = Project.create(path, SourceRecord(path.with_suffix(".mp4"), "video", 64, 48, FRAMES))
        self.model = Model()
        self.stale = None

    def somebody(self, rng):
        places = sorted(self.model.state())
        return places[rng.integers(len(places))] if places else None

    def edited(self, frame, track, do):
        """One edit of one pose, whose cells the model learns from what the project says it became."""
        before = self.project.frame(frame).pose(track)
        if do(before):
            after = self.project.frame(frame).pose(track)
            self.model.edit([changing(frame, self.model.find(frame, track), changed_cells(before, after))])

    def op_move(self, rng):
        place = self.somebody(rng)
        if place:
            k, xy = int(rng.integers(JOINTS)), rng.uniform(0, 100, 2)
            self.edited(*place, lambda _: edits.move_keypoint(self.project, *place, k, xy))
            moved = self.project.frame(place[0]).pose(place[1])
            assert moved.keypoints[k].tobytes() == xy.tobytes() and moved.provenance[k] == Provenance.CORRECTED

    def op_hide(self, rng):
        place = self.somebody(rng)
        if place:
            k = int(rng.integers(JOINTS))
            self.edited(*place, lambda _: edits.set_visibility(self.project, *place, k, Visibility.NOT_LABELLED))

    def op_accept(self, rng):
        place = self.somebody(rng)
        if place:
            self.edited(*place, lambda _: edits.accept_pose(self.project, *place))

    def op_box(self, rng):
        place = self.somebody(rng)
        if place:
            box = rng.uniform(1, 90, 4)
            self.edited(*place, lambda _: edits.set_box(self.project, *place, box))

    def op_shift(self, rng):
        place = self.somebody(rng)
        if place:
            self.edited(*place, lambda _: edits.transform_pose(self.project, *place, translation(3.5, -1.25)))

    def op_head_by_commit(self, rng):
        place = self.somebody(rng)
        if place:

            def do(before):
                after = before.replaced(bbox_head_xywh=rng.uniform(1, 9, 4))
                return self.project.commit("Head", [PoseChange(place[0], before, after)])

            self.edited(*place, do)

    def op_add(self, rng):
        frame = int(rng.integers(FRAMES))
        track = int(rng.integers(1, 4))
        if track in self.model.tracks(frame):
            return
        edits.add_person(self.project, frame, rng.uniform(1, 90, 4), track)
        self.model.next_identity += 1
        cells = cells_of(self.project.frame(frame).pose(track))
        self.model.edit([{"kind": "create", "frame": frame, "who": self.model.next_identity, "cells": [cells]}])

    def op_delete_here(self, rng):
        place = self.somebody(rng)
        if place:
            edits.delete_person(self.project, place[1], place[0])
            self.model.edit([deleting(place[0], self.model.find(*place))])

    def op_cut(self, rng):
        place = self.somebody(rng)
        if place:
            frame, track = place
            edits.cut_person_from(self.project, frame, track)
            here = [f for f, t in self.model.state() if t == track and f >= frame]
            self.model.edit([deleting(f, self.model.find(f, track)) for f in here], cut=(track, frame))

    def op_renumber(self, rng):
        place = self.somebody(rng)
        if place:
            frame, old = place
            new = int(rng.integers(1, 6))
            here = {f: self.model.find(f, old) for f, t in self.model.state() if t == old and f >= frame}
            there = {f: self.model.find(f, new) for f, t in self.model.state() if t == new and f >= frame}
            swap = bool(rng.integers(2))
            if old == new:
                return
            if here.keys() & there.keys() and not swap:
                try:
                    edits.change_track_id_from(self.project, frame, old, new)
                except ProjectError:
                    return
                raise AssertionError("a number that is taken was given twice")
            edits.change_track_id_from(self.project, frame, old, new, swap=swap)
            steps = [changing(f, i, {"track": new}) for f, i in here.items()]
            steps += [changing(f, i, {"track": old}) for f, i in there.items()] if swap else []
            self.model.edit(steps, cut=None if swap else (old, frame))

    def op_review(self, rng):
        frame = int(rng.integers(FRAMES))
        reviewed = frame not in self.model.reviewed
        edits.mark_reviewed(self.project, frame, reviewed)
        self.model.edit([{"kind": "review", "frame": frame, "reviewed": reviewed}])

    def op_review_and_pose(self, rng):
        place = self.somebody(rng)
        if place and place[0] not in self.model.reviewed:
            before = self.project.frame(place[0]).pose(place[1])
            after = before.with_keypoint(2, (1.0, -0.0), Visibility.OCCLUDED, 1.0, Provenance.CORRECTED)
            self.project.commit("Both", [PoseChange(place[0], before, after), ReviewChange(place[0], False, True)])
            cells = changed_cells(before, after)
            review = {"kind": "review", "frame": place[0], "reviewed": True}
            self.model.edit([changing(place[0], self.model.find(*place), cells), review])

    def op_undo(self, _rng):
        touched = self.project.undo()
        assert (touched is None) == (not self.model.done)
        if self.model.done:
            self.model.undo()

    def op_redo(self, _rng):
        touched = self.project.redo()
        assert (touched is None) == (not self.model.undone)
        if self.model.undone:
            self.model.redo()

    def op_run(self, rng):
        run_id = self.project.begin_run("predict", "f" * 64, {"window": [-1, 1]})
        batch = {}
        for frame in range(FRAMES):
            tracks = {*self.model.tracks(frame), int(rng.integers(1, 4))}
            batch[frame] = [predicted(rng, track) for track in sorted(tracks)]
        self.project.write_run(run_id, batch)
        self.project.finish_run(run_id)
        for frame, poses in batch.items():
            for pose in poses:
                identity = self.model.find(frame, pose.track_id)
                if identity is None:
                    if self.model.taken_away(frame, pose.track_id):
                        continue
                    self.model.next_identity += 1
                    identity = self.model.next_identity
                self.model.predict(frame, identity, pose, run_id)

    def op_begin_slow_run(self, _rng):
        run_id = self.project.begin_run("predict")
        self.stale = run_id, {place: self.model.find(*place) for place in self.model.state()}

    def op_end_slow_run(self, rng):
        """A run writes by the numbers that it read when it began."""
        if self.stale is None or self.model.collided:
            return
        run_id, asked = self.stale
        self.stale = None
        poses = {place: predicted(rng, place[1]) for place in sorted(asked)}
        batch = {f: [pose for (g, _), pose in poses.items() if g == f] for f in range(FRAMES)}
        self.project.write_run(run_id, batch)
        self.project.finish_run(run_id)
        for place, pose in poses.items():
            identity = asked[place]
            if (place[0], identity) in self.model.people:
                now = self.model.people[place[0], identity]["track"]
                self.model.predict(place[0], identity, pose.replaced(track_id=now), run_id)

    def op_reopen(self, _rng):
        self.project.close()
        self.project = Project.open(self.path)
        self.stale = None  # the program that ran it has ended

    def check(self):
        found = {
            (frame.frame_index, pose.track_id): cells_of(pose)
            for frame in self.project.frames()
            for pose in frame.poses
        }
        assert found == self.model.state()
        assert {frame.frame_index for frame in self.project.frames() if frame.reviewed} == self.model.reviewed
        self.check_summary()

    def check_summary(self):
        summary = self.project.summary()
        for index in range(FRAMES):
            frame = self.project.frame(index)
            provenance = np.array([pose.provenance for pose in frame.poses], np.uint8).reshape(-1, JOINTS)
            labelled = np.array([pose.labelled for pose in frame.poses], bool).reshape(-1, JOINTS)
            scores = np.array([pose.scores for pose in frame.poses], float).reshape(-1, JOINTS)
            machine = labelled & (provenance == Provenance.PREDICTED)
            assert summary.num_people[index] == len(frame.poses)
            assert summary.num_predicted[index] == machine.sum()
            assert summary.num_corrected[index] == (provenance == Provenance.CORRECTED).sum()
            assert summary.num_accepted[index] == (labelled & (provenance == Provenance.ACCEPTED)).sum()
            assert summary.reviewed[index] == frame.reviewed
            lowest = scores[machine].min() if machine.any() else np.nan
            np.testing.assert_allclose(summary.min_score[index], lowest, rtol=1e-6)
            np.testing.assert_allclose(
                summary.mean_score[index], scores[machine].mean() if machine.any() else np.nan, rtol=1e-6
            )
            assert summary.doubtful[index] == (any(map(is_doubtful, frame.poses)) and not frame.reviewed)

    def check_journal_is_the_truth(self):
        """Replaying the journal from its beginning gives the state."""
        poses, reviewed = {}, set()
        for entry in self.project.journal():
            changes = [change for change in self.project.changes_of(entry.entry_id) if hasattr(change, "frame_index")]
            people = [change for change in changes if isinstance(change, PoseChange)]
            for change in people:
                if change.before is not None:
                    assert poses.pop((change.frame_index, change.before.track_id)) == encode(change.before)
            for change in people:
                if change.after is not None:
                    poses[change.frame_index, change.after.track_id] = encode(change.after)
            for change in changes:
                if isinstance(change, ReviewChange):
                    (reviewed.add if change.after else reviewed.discard)(change.frame_index)
        state = {(f.frame_index, pose.track_id): encode(pose) for f in self.project.frames() for pose in f.poses}
        assert poses == state
        assert reviewed == self.model.reviewed


OPERATIONS = sorted(name for name in dir(Story) if name.startswith("op_"))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(st.sampled_from([*OPERATIONS, "op_undo", "op_redo", "op_add", "op_run"]), st.integers(0, 2**32)),
        max_size=40,
    )
)
def test_any_sequence_of_work_agrees_with_a_plain_model(sequence):
    with tempfile.TemporaryDirectory() as folder:
        story = Story(Path(folder) / "clip.fami")
        try:
            for operation, seed in sequence:
                getattr(story, operation)(np.random.default_rng(seed))
                story.check()
            while story.model.done:
                story.op_undo(None)
                story.check()
            while story.model.undone:
                story.op_redo(None)
                story.check()
            story.check_journal_is_the_truth()
        finally:
            story.project.close()
