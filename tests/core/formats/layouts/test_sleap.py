"""SLEAP's files: a real one, what counts as whose word, and what is refused."""

import h5py
import numpy as np
import pytest
import sleap_io

from core.errors import FormatError
from core.formats import read_labels
from core.formats.layouts import sleap
from core.keypoints import POSETRACK
from core.poses import Provenance

NODES = ["nose", "wrist_L", "tail"]


def instance(kind, points, track=None, **more):
    skeleton = sleap_io.Skeleton(NODES)
    return kind.from_numpy(np.array(points, dtype=float), skeleton=skeleton, track=track, **more)


def save(path, frames):
    sleap_io.save_slp(sleap_io.Labels(frames), str(path), embed=False, verbose=False)
    return path


def frame(index, instances, video):
    return sleap_io.LabeledFrame(video=video, frame_idx=index, instances=instances)


def test_the_real_file_keeps_predicted_and_corrected_apart(shared):
    path = shared / "data" / "video" / "dance.mp4.labels.slp"
    labels = read_labels(path)
    assert [image.frame_id for image in labels.images] == list(range(450))
    nose = POSETRACK.index("nose")
    by = [image.poses.poses[0].provenance[nose] for image in labels.images]
    assert by[:3] == [Provenance.IMPORTED] * 3 and set(by[3:]) == {Provenance.PREDICTED}
    assert labels.num_people == 450, "a corrected instance stands in the place of the prediction that it came from"
    with h5py.File(path) as file:
        stored = file["instances"][int(file["frames"][3]["instance_id_start"])]
        points = file["pred_points"][int(stored["point_id_start"]) : int(stored["point_id_end"])]
    found = labels.images[3].poses.poses[0]
    assert found.keypoints[nose].tolist() == [points[0]["x"], points[0]["y"]]
    assert found.scores[nose] == points[0]["score"]
    assert any("left_eye" in warning for warning in labels.warnings)


def test_tracks_hidden_points_and_unknown_nodes(tmp_path):
    video = sleap_io.Video(filename="C:\\clips\\walk.mp4", open_backend=False)
    tracks = [sleap_io.Track("bee_12"), sleap_io.Track("bee_4")]
    made = instance(sleap_io.Instance, [[1, 2], [3, 4], [5, 6]], tracks[0])
    made.points["visible"][1] = False
    guessed = instance(
        sleap_io.PredictedInstance,
        [[9, 9], [8, 8], [7, 7]],
        tracks[1],
        point_scores=np.array([1.0, 0.5, 0.1]),
        score=0.5,
    )
    labels = read_labels(save(tmp_path / "a.slp", [frame(40, [made, guessed], video)]))
    (image,) = labels.images
    first, second = image.poses.poses
    assert image.frame_id == 40 and (first.track_id, second.track_id) == (4, 12)
    wrist = POSETRACK.index("left_wrist")
    assert second.labelled.sum() == 1, "SLEAP keeps a place for joints that nobody set"
    assert first.provenance[0] == Provenance.PREDICTED and first.scores[0] == 1.0, "a sure network is still a network"
    assert first.scores[wrist] == 0.5
    assert any("tail" in warning for warning in labels.warnings)


def test_labels_of_two_videos_are_refused_by_name(tmp_path):
    videos = [sleap_io.Video(filename=f"/x/{name}.mp4", open_backend=False) for name in ("one", "two")]
    frames = [frame(0, [instance(sleap_io.Instance, [[1, 2], [3, 4], [5, 6]])], video) for video in videos]
    with pytest.raises(FormatError, match=r"2 videos \(one.mp4, two.mp4\)"):
        read_labels(save(tmp_path / "a.slp", frames))


def test_no_known_joint_is_an_error(tmp_path):
    skeleton = sleap_io.Skeleton(["thorax", "abdomen"])
    fly = sleap_io.Instance.from_numpy(np.ones((2, 2)), skeleton=skeleton)
    video = sleap_io.Video(filename="fly.mp4", open_backend=False)
    with pytest.raises(FormatError, match="no joint that this program knows"):
        read_labels(save(tmp_path / "fly.slp", [frame(0, [fly], video)]))


def test_without_the_package_a_sentence_says_how_to_get_it(monkeypatch, tmp_path, labels):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(FormatError, match="sleap-io, which is not installed"):
        sleap.write(labels, tmp_path / "a.slp", "clip")


def test_a_damaged_file_is_one_sentence(shared, tmp_path):
    content = bytearray((shared / "data" / "video" / "dance.mp4.labels.slp").read_bytes())
    path = tmp_path / "cut.slp"
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(FormatError):
        read_labels(path)
