"""`python main.py compare`: how well two annotators agree, as a table and as JSON."""

import io
import json

import numpy as np
import pytest

from app.cli import main
from app.terminal import Terminal
from core.keypoints import POSETRACK
from core.poses import Pose, Provenance, Visibility
from core.project import Project, SourceRecord, edits
from core.project.records import PoseChange


def run(*argv):
    output, errors = io.StringIO(), io.StringIO()
    return main([str(word) for word in argv], Terminal(output, errors)), output.getvalue(), errors.getvalue()


@pytest.fixture
def paths(tmp_path):
    """Mine, and theirs with the left wrist five pixels off."""
    for name, size in (("mine", (640, 480)), ("theirs", (640, 480)), ("other", (320, 240))):
        pose = Pose(
            1,
            np.array([10.0, 10.0, 50.0, 100.0]),
            np.random.default_rng(1).uniform(10, 60, (17, 2)),
            np.full(17, Visibility.VISIBLE),
            np.ones(17),
            np.full(17, Provenance.CORRECTED),
            Provenance.CORRECTED,
        )
        record = SourceRecord(tmp_path / "clip.mp4", "video", *size, 9)
        with Project.create(tmp_path / f"{name}.fami", record) as project:
            project.commit("Label", [PoseChange(0, None, pose)])
            if name == "theirs":
                wrist = POSETRACK.index("left_wrist")
                edits.move_keypoint(project, 0, 1, wrist, pose.keypoints[wrist] + (3.0, 4.0))
    return [tmp_path / f"{name}.fami" for name in ("mine", "theirs", "other")]


def test_totals_are_printed_by_joint_and_written(paths, tmp_path):
    status, said, errors = run("compare", *paths[:2], "--json", tmp_path / "a.json")
    assert (status, errors) == (0, "")
    rows = {line.split()[0]: line.split() for line in said.splitlines() if line}
    assert rows["left_wrist"][1:6] == ["1", "5.0", "5.0", "0.050", "1.000"]
    assert rows["right_wrist"][1:7] == ["1", "0.0", "0.0", "0.000", "1.000", "1.000"]
    assert "1 frames labelled by both" not in said and "1 frame labelled by both" in said
    found = json.loads((tmp_path / "a.json").read_text())
    assert found["joints"]["left_wrist"]["mean_px"] == pytest.approx(5) and found["num_disagreements"] == 0
    assert found["all"]["oks"] < 1


def test_another_clip_and_a_result_over_a_project_are_refused(paths):
    status, _, errors = run("compare", paths[0], paths[2])
    assert status == 1 and "of another clip" in errors
    before = paths[1].read_bytes()
    assert run("compare", *paths[:2], "--json", paths[1])[0] == 1
    assert paths[1].read_bytes() == before
