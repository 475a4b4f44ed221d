"""predict, import, export and weights, end to end on the demo clip with a network made here."""

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import cv2
import h5py
import numpy as np
import pytest
import torch
from pycocotools.coco import COCO

from app.cli import main
from app.terminal import Terminal
from app.weights import detectors
from core.errors import FamiError
from core.files import checkout, places
from core.formats import read_labels
from core.keypoints import JHMDB, POSETRACK
from core.model import FamiPose, FamiPoseConfig, WeightsMetadata, save_weights
from core.poses import Provenance
from core.project import Project
from core.video import open_source
from tests.detector_weights import write_weights
from tests.file_server import FileServer, sha256

FRAMES = (20, 24)


def run(*argv: object) -> tuple[int, str, str]:
    """A command's exit status, output and errors."""
    output, errors = io.StringIO(), io.StringIO()
    status = main([str(word) for word in argv], Terminal(output, errors))
    return status, output.getvalue(), errors.getvalue()


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small untrained network: what it says means nothing, but it runs as any other."""
    torch.manual_seed(7)
    config = FamiPoseConfig(backbone="w12", gtm_width=16, lcm_width=12, initialisation="paper")
    path = tmp_path_factory.mktemp("weights") / "tiny.pth"
    save_weights(path, FamiPose(config), WeightsMetadata("tiny", config, (96, 128)))
    return path


def test_boxes_of_a_file_become_poses_in_every_kind_of_file(weights: Path, tmp_path: Path) -> None:
    out, project_path = tmp_path / "labels.json", tmp_path / "walkers.fami"
    overlay, heatmaps = tmp_path / "overlay.mp4", tmp_path / "heatmaps.h5"
    words = ["predict", places.DEMO_CLIP, "--boxes", places.DEMO_LABELS, "--frames", "20:24", "--weights", weights]
    words += ["--out", out, "--project", project_path, "--overlay", overlay, "--heatmaps", heatmaps, "--device", "cpu"]
    status, output, errors = run(*words)
    assert (status, errors) == (0, "")
    assert "8 poses in 4 frames" in output

    predicted, truth = COCO(str(out)), COCO(str(places.DEMO_LABELS))
    assert len(predicted.anns) == 8
    frames = {image.frame_index: image.poses for image in read_labels(out).images if image.poses.poses}
    true_frames = {image.frame_index: image.poses for image in read_labels(places.DEMO_LABELS).images}
    assert sorted(frames) == list(range(*FRAMES))
    for index, frame in frames.items():
        for pose in frame.poses:
            known = true_frames[index].pose(pose.track_id)
            np.testing.assert_allclose(pose.bbox_xywh, known.bbox_xywh, atol=0.01)
            assert pose.labelled.any()
            assert ((pose.scores[pose.labelled] >= 0) & (pose.scores[pose.labelled] <= 1)).all()
    assert len(truth.anns) == 250

    with Project.open(project_path, read_only=True) as project:
        assert project.labelled_frames().tolist() == list(range(*FRAMES))
        run_of_network = project.runs()[-1]
        assert (run_of_network.kind, run_of_network.status) == ("predict", "done")
        assert run_of_network.settings["offsets"] == [-2, -1, 1, 2]
        pose = project.frame(20).poses[0]
        assert set(pose.provenance[pose.labelled]) == {Provenance.PREDICTED}
        assert project.frame_proofs(20)
    with av.open(str(overlay)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 4
    with h5py.File(heatmaps) as file:
        assert file["heatmaps"].shape == (8, 17, 32, 24)
        assert file["heatmaps"].dtype == np.float16
        assert file["frame_index"][:].tolist() == [20, 20, 21, 21, 22, 22, 23, 23]
        assert len(file.attrs["weights_sha256"]) == 64
    assert not list(tmp_path.glob("*.part*"))
    assert not list(tmp_path.glob(".*"))


def test_weights_of_other_joints_label_the_joints_that_projects_have(tmp_path: Path) -> None:
    """Trained on JHMDB: 15 heatmaps, of which a project has no place for the head and the belly."""
    torch.manual_seed(7)
    config = FamiPoseConfig("w12", num_keypoints=15, gtm_width=8, lcm_width=8, initialisation="paper")
    metadata = WeightsMetadata("jhmdb", config, (48, 64), keypoints="jhmdb", trained_keypoints=JHMDB.keypoint_names)
    path, out = tmp_path / "jhmdb.pth", tmp_path / "labels.json"
    save_weights(path, FamiPose(config), metadata)
    words = ["predict", places.DEMO_CLIP, "--boxes", places.DEMO_LABELS, "--frames", "20:22", "--weights", path]
    status, _, errors = run(*words, "--out", out, "--device", "cpu")
    assert (status, errors) == (0, "")
    poses = [pose for image in read_labels(out).images for pose in image.poses.poses]
    labelled = np.array([pose.labelled for pose in poses])
    absent = [POSETRACK.index(name) for name in ("nose", "head_top", "left_ear", "right_ear")]
    assert len(poses) == 4 and not labelled[:, absent].any()
    assert np.delete(labelled, absent, axis=1).any(axis=0).sum() > 6


def test_a_box_of_the_first_frame_is_followed(weights: Path, tmp_path: Path) -> None:
    out = tmp_path / "labels.json"
    truth = read_labels(places.DEMO_LABELS).images[FRAMES[0]].poses.poses[0]
    box = ",".join(f"{value:.1f}" for value in truth.bbox_xywh)
    words = ["predict", places.DEMO_CLIP, "--box", box, "--frames", "20:24", "--window=-1,1", "--weights", weights]
    status, output, errors = run(*words, "--out", out)
    assert (status, errors) == (0, "")
    assert "4 poses in 4 frames" in output
    document = json.loads(out.read_text())
    assert {image["id"] for image in document["images"] if image["is_labeled"]} == {
        annotation["image_id"] for annotation in document["annotations"]
    }


def test_a_range_outside_the_clip_and_a_project_that_exists_are_refused(weights: Path, tmp_path: Path) -> None:
    words = ["predict", places.DEMO_CLIP, "--box", "1,2,30,40", "--weights", weights, "--out", tmp_path / "o.json"]
    status, _, errors = run(*words, "--frames", "500:")
    assert status == 1
    assert "125 frames" in errors
    (tmp_path / "there.fami").write_text("mine")
    status, _, errors = run(*words, "--project", tmp_path / "there.fami")
    assert status == 1
    assert "exists already" in errors
    assert (tmp_path / "there.fami").read_text() == "mine"


def test_a_box_beside_the_picture_is_refused_and_one_across_its_edge_is_not(weights: Path, tmp_path: Path) -> None:
    words = ["predict", places.DEMO_CLIP, "--weights", weights, "--out", tmp_path / "o.json", "--frames", "20:21"]
    with open_source(places.DEMO_CLIP) as source:
        width, height = source.size
    for box in ("9000,9000,30,40", f"{width},5,30,40", f"5,{height},30,40", "-30,5,30,40", "5,-40,30,40"):
        status, _, errors = run(*words, f"--box={box}", "--project", tmp_path / "p.fami")
        assert (status, errors.count("\n")) == (1, 1)
        assert f"{width}x{height}" in errors
        assert list(tmp_path.iterdir()) == []
    assert run(*words, f"--box=-20,-30,{width},{height}")[0] == 0


def test_a_clip_that_is_cut_off_is_predicted_and_imported_with_a_note(weights: Path, tmp_path: Path) -> None:
    clip = tmp_path / "cut.mp4"
    # Its table of frames moved to the front, the clip can be read up to where it was cut.
    with av.open(str(places.DEMO_CLIP)) as whole, av.open(str(clip), "w", options={"movflags": "faststart"}) as written:
        stream = written.add_stream_from_template(whole.streams.video[0])
        for packet in whole.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                written.mux(packet)
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    with open_source(clip) as source:
        damage = source.damaged
    assert damage
    words = ["--box", "100,100,50,90", "--frames", "0:1", "--weights", weights, "--out", tmp_path / "o.json"]
    status, output, errors = run("predict", clip, *words)
    assert (status, errors) == (0, "")
    assert damage in output.splitlines()
    status, output, errors = run("import", tmp_path / "o.json", "--source", clip, "--project", tmp_path / "p.fami")
    assert (status, errors) == (0, "")
    assert damage in output.splitlines()


def test_imported_labels_are_exported_again_as_they_were(tmp_path: Path) -> None:
    project_path, out = tmp_path / "walkers.fami", tmp_path / "out.json"
    words = ["import", places.DEMO_LABELS, "--source", places.DEMO_CLIP, "--project", project_path]
    status, output, errors = run(*words)
    assert (status, errors) == (0, "")
    assert "labels in 125 frames, 2 people" in output
    status, output, errors = run("export", project_path, "--format", "posetrack18", "--out", out)
    assert (status, errors) == (0, "")
    assert "250 poses in 125 frames" in output
    for before, after in zip(read_labels(places.DEMO_LABELS).images, read_labels(out).images, strict=True):
        for pose, again in zip(before.poses.poses, after.poses.poses, strict=True):
            assert pose.track_id == again.track_id
            np.testing.assert_array_equal(pose.visibility, again.visibility)
            np.testing.assert_allclose(pose.keypoints[pose.labelled], again.keypoints[again.labelled], atol=0.01)
    status, output, errors = run("export", project_path, "--format", "posetrack18", "--out", out, "--frames", "10:13")
    assert (status, errors) == (0, "") and "6 poses in 3 frames" in output
    status, output, errors = run("import", out, "--source", places.DEMO_CLIP, "--project", tmp_path / "part.fami")
    assert (status, errors) == (0, "")
    with Project.open(tmp_path / "part.fami", read_only=True) as part:
        assert [frame.frame_index for frame in part.frames() if frame.poses] == [10, 11, 12]
    status, _, errors = run("export", project_path, "--format", "coco", "--out", out, "--frames", "200:210")
    assert status == 1 and errors == "error: --frames begins at 200, but the clip has 125 frames, counted from 0.\n"


def test_labels_of_another_clip_are_refused_and_leave_no_project(shared: Path, tmp_path: Path) -> None:
    clip = shared / "data" / "video" / "ntu_drink_h264_avi.avi"
    project_path = tmp_path / "p.fami"
    status, _, errors = run("import", places.DEMO_LABELS, "--source", clip, "--project", project_path)
    assert status == 1
    assert errors.startswith("error: ")
    assert not project_path.exists()


@pytest.mark.parametrize("one_matches_unlabelled", [False, True])
def test_labels_of_which_nothing_matches_leave_no_project(one_matches_unlabelled: bool, tmp_path: Path) -> None:
    folder = tmp_path / "walk"
    folder.mkdir()
    for index in range(2):
        cv2.imwrite(str(folder / f"{index}.png"), np.zeros((40, 60, 3), np.uint8))
    document = json.loads(places.DEMO_LABELS.read_text())
    if one_matches_unlabelled:  # an image of the folder, which nobody labelled
        document["images"].append(
            {"id": 10**9, "file_name": "images/walk/0.png", "is_labeled": False, "frame_id": 10**9}
        )
    (tmp_path / "labels.json").write_text(json.dumps(document))
    before = sorted(tmp_path.iterdir())
    words = ["import", tmp_path / "labels.json", "--source", folder, "--project", tmp_path / "p.fami"]
    status, output, errors = run(*words)
    assert (status, output, errors.count("\n")) == (1, "", 1)
    assert "None of the" in errors
    assert sorted(tmp_path.iterdir()) == before


def test_weights_are_imported_listed_and_found_by_name(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "weights_folder", lambda: tmp_path / "mine")
    status, output, errors = run("weights", "import", weights)
    assert (status, errors) == (0, "")
    assert "predict --weights tiny" in output
    status, output, _ = run("weights", "list")
    assert status == 0
    assert any(line.startswith("*  tiny  ") for line in output.splitlines())
    assert "hrnet_w48_posetrack18_384x288" in output and "to fetch" in output
    assert (tmp_path / "mine" / "tiny.pth").read_bytes() == weights.read_bytes()
    renamed = tmp_path / "renamed.pth"
    shutil.copy(weights, renamed)
    for known in (weights, renamed, *checkout.RESOURCES.glob("weights/*.pth")):
        status, output, errors = run("weights", "import", known)
        assert (status, output, errors.count("\n")) == (1, "", 1)
        assert "already" in errors
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["tiny.pth"]
    status, _, errors = run("weights", "import", places.DEMO_LABELS)
    assert status == 1
    assert errors.startswith("error: ")


@pytest.fixture
def detector_server(own_folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """Serves an untrained detector in place of the published one."""
    content = write_weights(tmp_path / "net.pth").read_bytes()
    with FileServer({"net.pth": content}) as server:
        file = replace(detectors.FOR_PROCESSORS, url=server.address + "net.pth", sha256=sha256(content)[:8])
        monkeypatch.setattr(detectors, "FOR_PROCESSORS", file)
        yield server


def test_people_are_found_where_no_box_is_given(weights: Path, tmp_path: Path, detector_server: FileServer) -> None:
    out, project_path = tmp_path / "labels.json", tmp_path / "found.fami"
    words = ["predict", places.DEMO_CLIP, "--frames", "20:22", "--weights", weights, "--device", "cpu"]
    status, output, errors = run(*words, "--out", out, "--project", project_path)
    assert (status, errors) == (0, "") and "The detector found" in output
    assert [path for path, _ in detector_server.requests] == ["net.pth"] and detectors.FOR_PROCESSORS.at_hand
    frames = {image.frame_index: image.poses.poses for image in read_labels(out).images if image.poses.poses}
    assert set(frames) == {20, 21}
    with Project.open(project_path, read_only=True) as project:
        found, predicted = project.runs()
        assert (found.kind, found.settings["frames"], predicted.kind) == ("track", [20, 22], "predict")
        assert {pose.track_id for pose in frames[20]} | {pose.track_id for pose in frames[21]} == set(
            project.track_ids()
        )


def test_offline_one_line_says_what_to_put_where_and_how_to_do_without(
    weights: Path, tmp_path: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FileServer({}) as gone:
        url = gone.address + "net.pth"
    monkeypatch.setattr(detectors, "FOR_PROCESSORS", replace(detectors.FOR_PROCESSORS, url=url))
    out = tmp_path / "labels.json"
    status, _, errors = run("predict", places.DEMO_CLIP, "--weights", weights, "--device", "cpu", "--out", out)
    assert status == 1 and errors.count("\n") == 1 and errors.startswith("error: The person detector is not available")
    for words in (url, str(detectors.FOR_PROCESSORS.path.parent), "net.pth", "--box X,Y,W,H", "--boxes FILE"):
        assert words in errors
    assert not out.exists()


def test_a_prediction_that_fails_leaves_no_project_but_one_that_was_made_is_kept(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = tmp_path / "nobody.json"
    nobody.write_text('{"images": [], "annotations": [], "categories": [{"id": 1, "name": "person"}]}')
    words = ["predict", places.DEMO_CLIP, "--weights", weights, "--frames", "20:22", "--device", "cpu"]
    words += ["--out", tmp_path / "labels.json", "--project", tmp_path / "new.fami"]
    status, _, errors = run(*words, "--boxes", nobody)
    assert status == 1, errors
    assert [path.name for path in tmp_path.iterdir()] == ["nobody.json"]

    def full_disk(*_: object) -> None:
        raise FamiError("The disk is full.")

    monkeypatch.setattr("app.commands.predict_command.export_project", full_disk)
    status, _, _ = run(*words, "--boxes", places.DEMO_LABELS)
    assert status == 1
    with Project.open(tmp_path / "new.fami", read_only=True) as project:
        assert project.frame(20).poses[0].labelled.any(), "what the network said is not thrown away"
