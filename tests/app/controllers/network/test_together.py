"""A round on the whole collection: the open clip's report is shown, the others' are remembered with their projects."""

import json
import shutil

from app.controllers.network import round_process
from core.files.hashing import file_sha256
from core.files.places import project_path_for
from core.project import Project
from core.work.collection import write_collection
from tests.app.controllers.network.test_rounds import a_report


def corrected(d):
    track_id = d.add_person(0)
    d.fill(track_id, range(1, 12))
    for frame_index in range(0, 12, 2):
        d.go_to(frame_index)
        d.program.editing.move_keypoint(track_id, 0, 50.0, 40.0 + frame_index)


def test_a_round_on_the_collection_is_remembered_with_every_clip(drive, clip, made, tmp_path, monkeypatch):
    other = shutil.copy(clip, clip.parent / "other.mp4")
    write_collection(tmp_path / "all.famiset", [clip, other])
    d = drive(other)
    corrected(d)
    d.program.together.start()
    assert "There is no collection" in d.told()
    d.open(clip)
    d.idle()
    corrected(d)
    d.program.opening.open(tmp_path / "all.famiset")
    d.wait(lambda: d.program.collecting.state.path is not None, what="the collection")
    d.idle()
    assert d.session.source_path == clip
    sha256 = file_sha256(made / "other.pth")
    paths = [project_path_for(clip), project_path_for(other)]
    reports = [{**a_report(str(made / "other.pth"), sha256).to_dict(), "project": str(path)} for path in paths]
    lines = "".join(json.dumps({"event": "report", **report}) + "\n" for report in reports)
    (tmp_path / "reports").write_text(lines)
    child = tmp_path / "python"
    child.write_text(f"#!/bin/sh\ncat {tmp_path}/reports\n")
    child.chmod(0o755)
    monkeypatch.setattr(round_process.sys, "executable", str(child))
    d.do("action_finetune_clips")
    d.wait(lambda: "remembered with another clip" in d.said, what="the other project's round")
    assert json.loads((paths[0].with_suffix(".weights") / "job.json").read_text())["projects"] == list(map(str, paths))
    assert d.program.finetuning.round.report["project"] == str(paths[0])
    assert len(d.session.project.rounds()) == 1
    with Project.open(paths[1], read_only=True) as project:
        (one,) = project.rounds()
        assert one.report["project"] == str(paths[1]) and project.active_weights == sha256
        assert file_sha256(project.weights_folder / f"{sha256}.pth") == sha256
