"""Predicting in the window: off its thread, cancelled in a moment, and never over what a person set."""

import pickle
import threading

import numpy as np
import pytest
from PySide6.QtWidgets import QTableWidget

from app.controllers.network import prediction
from core.files import checkout
from core.judging.scoring import FEATURES, ScoreModel
from core.keypoints import JHMDB, POSETRACK
from core.model import FamiPose, FamiPoseConfig, Predictor, WeightsMetadata, save_weights
from core.poses import Provenance
from core.project import Project
from tests.guards import PATIENCE_S


@pytest.fixture
def crowd(drive, long_clip):
    """A long clip with somebody in every frame."""
    d = drive(long_clip)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 400))
    return d, track_id


def predicted_frames(d, track_id, stop=None):
    frames = range(stop or d.session.playback.num_frames)
    return [index for index in frames if (d.pose(track_id, index).provenance == Provenance.PREDICTED).any()]


def test_predicting_never_holds_the_window_and_ends_when_told_to(crowd, turning, steps_after_cancel):
    d, track_id = crowd
    turning.during(prediction, "run_prediction")
    turning.during(Predictor, "predict")
    d.do("action_predict")
    d.wait(lambda: predicted_frames(d, track_id, 9))
    d.go_to(3)  # the window is used meanwhile
    d.program.editing.move_keypoint(track_id, 9, 33.0, 44.0)
    assert d.window.canvas._poses.pose(track_id).labelled.any(), "finished frames appear while it runs"
    d.do("action_cancel")
    d.idle()
    assert turning.free and len(steps_after_cancel) <= 1
    done = predicted_frames(d, track_id)
    assert done == list(range(len(done))) and 8 < len(done) < 400
    run = d.session.project.runs()[-1]
    assert (run.kind, run.status) == ("predict", "cancelled") and len(run.weights_sha256) == 64
    assert d.pose(track_id, 3).keypoints[9].tolist() == [33.0, 44.0]


def test_predicting_again_never_changes_what_a_person_set_or_accepted(drive, clip):
    d = drive(clip)
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 12))
    d.do("action_predict")
    d.idle()
    d.go_to(2)
    d.session.select(track_id, None)
    d.do("action_accept")
    d.go_to(5)
    d.program.editing.move_keypoint(track_id, 9, 33.0, 44.0)
    kept = {i: d.pose(track_id, i) for i in (2, 5)}
    d.do("action_predict")
    d.idle()
    accepted, corrected = d.pose(track_id, 2), d.pose(track_id, 5)
    assert (accepted.provenance[kept[2].labelled] == Provenance.ACCEPTED).all()
    np.testing.assert_array_equal(accepted.keypoints, kept[2].keypoints)
    assert corrected.keypoints[9].tolist() == [33.0, 44.0] and corrected.provenance[9] == Provenance.CORRECTED
    d.do("action_undo")
    assert d.pose(track_id, 5).provenance[9] != Provenance.CORRECTED, "undo takes back the person's edit, not the run"


def test_nobody_with_a_box_and_following_are_told(drive, clip):
    d = drive(clip)
    d.do("action_predict")
    assert "draw a box" in d.told()
    d.idle()


class Evil:
    def __reduce__(self):
        return (exec, ("raise SystemExit('code was run')",))


def test_wrong_weights_leave_those_in_use(drive, clip, tmp_path, tiny_weights):
    d = drive(clip)
    track_id = d.add_person(0)
    wrong = {
        "words.pth": b"these are words, no weights",
        "code.pth": pickle.dumps(Evil(), protocol=2),
        "cut.pth": tiny_weights.read_bytes()[:4000],
        "empty.pth": b"",
    }
    for name, content in wrong.items():
        path = tmp_path / name
        path.write_bytes(content)
        d.program.weights_in_use.choose(path)
        words = d.told()
        assert name in words
        d.idle()
        assert d.program.network.weights_path == tiny_weights
    d.do("action_predict_frame")
    d.idle()
    assert d.window.error_text == "" and d.pose(track_id, 0).labelled.any()


def test_damaged_weights_are_told_and_the_next_best_are_taken(drive, clip, tiny_weights):
    tiny_weights.write_bytes(b"no weights at all")
    d = drive(clip)
    assert "tiny.pth" in d.told()
    d.idle()
    assert d.program.network.weights_path == checkout.RESOURCES / "weights" / "starter.pth"
    track_id = d.add_person(0)
    d.do("action_predict_frame")
    d.idle()
    assert d.window.error_text == "" and d.pose(track_id, 0).labelled.any()


def test_damaged_weights_that_are_the_only_ones_leave_labelling_by_hand(drive, clip, tiny_weights, monkeypatch):
    monkeypatch.setattr("app.weights.available.BUNDLED_FOLDER", clip.parent / "nothing")
    tiny_weights.write_bytes(b"no weights at all")
    d = drive(clip)
    assert "tiny.pth" in d.told() and d.program.network.weights_path is None
    track_id = d.add_person(0)
    d.wait(lambda: d.session.shown is not None)  # the sentence may come before the first frame
    d.program.editing.move_keypoint(track_id, 3, 50.0, 40.0)
    assert d.pose(track_id, 0).provenance[3] == Provenance.CORRECTED


def test_weights_chosen_while_others_load_are_loaded_next(drive, clip, tiny_weights, monkeypatch):
    d = drive(clip)
    other = tiny_weights.with_name("other.pth")
    other.write_bytes(tiny_weights.read_bytes())
    network = d.program.network
    real, gate, loaded = network._load, threading.Event(), []

    def slow(path, sha256):
        assert gate.wait(PATIENCE_S)
        loaded.append(path)
        return real(path, sha256)

    monkeypatch.setattr(network, "_load", slow)
    third = tiny_weights.with_name("third.pth")
    third.write_bytes(tiny_weights.read_bytes())
    d.program.weights_in_use.choose(other)
    d.program.weights_in_use.choose(third)  # would wait for the first here, if choosing did
    d.qtbot.wait(50)
    gate.set()
    d.idle()
    assert network.weights_path == third and loaded[-1] == third


def test_who_is_deleted_while_the_network_predicts_stays_deleted(crowd):
    d, track_id = crowd
    d.do("action_predict")
    d.wait(lambda: predicted_frames(d, track_id, 9))
    d.go_to(300)
    d.session.select(track_id, None)
    d.do("action_cut_person")
    d.idle()
    assert d.pose(track_id, 299).labelled.any() and d.pose(track_id, 300) is None and d.pose(track_id, 399) is None


def test_closing_while_predicting_ends_at_once_and_keeps_what_is_done(crowd, drive, steps_after_cancel):
    d, track_id = crowd
    d.do("action_predict")
    d.wait(lambda: predicted_frames(d, track_id, 9))
    path = d.session.project.path
    d.close()
    assert len(steps_after_cancel) <= 1
    with Project.open(path) as project:
        assert project.runs()[-1].status == "cancelled" and project.frame(0).pose(track_id).labelled.any()
        assert len(list(project.frames())) == 400


def test_weights_of_jhmdbs_joints_predict_the_joints_that_a_project_has(drive, clip, tmp_path):
    d = drive(clip)
    track_id = d.add_person(0)
    config = FamiPoseConfig("w12", num_keypoints=15, gtm_width=8, lcm_width=8, initialisation="paper")
    metadata = WeightsMetadata("jhmdb", config, (48, 64), keypoints="jhmdb", trained_keypoints=JHMDB.keypoint_names)
    save_weights(tmp_path / "jhmdb.pth", FamiPose(config), metadata)
    d.program.weights_in_use.choose(tmp_path / "jhmdb.pth")
    d.idle()
    d.do("action_predict_frame")
    d.idle()
    labelled = {POSETRACK.keypoint_names[k] for k in np.flatnonzero(d.pose(track_id).labelled)}
    assert labelled and not labelled & {"nose", "head_top", "left_ear", "right_ear"}
    run = d.session.project.runs()[-1]
    assert run.settings["weights"] == "jhmdb"
    assert run.settings["calibrated"] is False and d.session.calibrated_runs == frozenset()


def test_weights_whose_scores_were_measured_say_so_in_the_run(drive, clip, tmp_path):
    d = drive(clip)
    track_id = d.add_person(0)
    config = FamiPoseConfig("w12", gtm_width=8, lcm_width=8, initialisation="paper")
    measured = ScoreModel((0.0,) * len(FEATURES), (3.0,) * 17)
    save_weights(tmp_path / "own.pth", FamiPose(config), WeightsMetadata("own", config, (48, 64), score_model=measured))
    d.program.weights_in_use.choose(tmp_path / "own.pth")
    d.idle()
    d.do("action_predict_frame")
    d.idle()
    assert d.session.calibrated_runs == {d.session.project.runs()[-1].run_id}
    d.session.select(track_id, None)
    table = d.window.joints_panel.findChild(QTableWidget, "joints_table")
    assert "✓ 0.95" in {table.item(keypoint, 3).text() for keypoint in range(17)}


def test_a_predicted_joint_says_which_weights_made_it(drive, clip):
    d = drive(clip)
    track_id = d.add_person(0)
    d.do("action_predict_frame")
    d.idle()
    d.session.select(track_id, None)
    run = d.session.project.runs()[-1]
    table = d.window.joints_panel.findChild(QTableWidget, "joints_table")
    told = table.item(9, 2).toolTip()
    assert told.startswith("From the ") and told.endswith(f"with the weights tiny ({run.weights_sha256[:8]}).")
    d.program.editing.move_keypoint(track_id, 9, 33.0, 44.0)
    assert "weights" not in table.item(9, 2).toolTip(), "what a person set comes from no weights"
