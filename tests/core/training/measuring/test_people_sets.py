"""People of other origins are found where their pictures show them."""

from pathlib import Path

import numpy as np

from core.keypoints import POSETRACK
from core.model.network.config import FamiPoseConfig
from core.model.network.fami_pose import FamiPose
from core.model.prediction.predictor import Predictor
from core.model.weights.files import LoadedModel, WeightsMetadata
from core.training.measuring.labelled_people import coco_people, mpii_people, video_people
from core.training.measuring.people_sets import PeopleSet, measure


def _in_picture(people: PeopleSet, number: int) -> bool:
    frame, _ = people.clip(number)
    height, width = frame(people.requests[number].frame_index).shape[:2]
    joints = people.keypoints[number][people.labelled[number]]
    return bool(((joints >= -1) & (joints <= [width, height])).all())


def test_labels_lie_in_their_own_pictures(shared: Path) -> None:
    images = shared / "data/images"
    mini = images / "coco_mini_keypoints"
    coco = coco_people("mini", mini / "annotations/person_keypoints_train2017.json", mini / "train2017")
    mpii = mpii_people("mpii", images / "mmpose_mpii/test_mpii.json", images / "mmpose_mpii")
    assert (len(coco), len(mpii)) == (86, 5)
    for people in (coco, mpii):
        assert all(_in_picture(people, number) for number in range(len(people)))


def test_mpii_joints_have_their_names(shared: Path) -> None:
    folder = shared / "data/images/mmpose_mpii"
    mpii = mpii_people("mpii", folder / "test_mpii.json", folder)
    first = mpii.keypoints[0]
    assert first[POSETRACK.index("head_top")].tolist() == [962.2409, 80.0306]
    assert first[POSETRACK.index("left_wrist")].tolist() == [1142.0, 478.0]
    assert not mpii.labelled[:, [POSETRACK.index(name) for name in ("nose", "left_ear", "right_ear")]].any()


def test_a_video_is_one_clip_and_only_what_was_learnt_is_measured(shared: Path) -> None:
    folder = shared / "data/posetrack/paddleboard"
    people = video_people("paddleboard", folder / "060470979", folder / "labels_posetrack18.json")
    few = PeopleSet("few", people.requests[:3], people.keypoints[:3], people.labelled[:3], people.clip)
    config = FamiPoseConfig("w12", supporting_offsets=(-1, 1), heatmap_activation="softmax", heatmap_sigma=1.0)
    learnt = ("head_top", "left_hip", "right_hip", "left_shoulder", "right_shoulder")
    metadata = WeightsMetadata("random", config, (48, 64), trained_keypoints=learnt)
    accuracy = measure(Predictor(LoadedModel(FamiPose(config).eval(), metadata, ""), "cpu"), few)
    assert set(accuracy.by_joint) <= set(learnt)
    assert accuracy.people == 3
    assert len(accuracy.peaks) == few.labelled[:, [POSETRACK.index(name) for name in learnt]].sum()
    assert np.isfinite(accuracy.mean)
