"""What the command line says of an export: all that the format has no place for."""

from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from core.poses import Visibility
from core.project import Project, SourceRecord, edits


def test_export_says_all_that_the_format_cannot_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Project.create(tmp_path / "p.fami", SourceRecord(tmp_path / "clip.mp4", "video", 160, 120, 9, "")) as project:
        track_id = edits.add_person(project, 2, np.array([10.0, 10.0, 60.0, 90.0])).track_ids[0]
        edits.move_keypoint(project, 2, track_id, 0, (20.0, 30.0))
        edits.set_visibility(project, 2, track_id, 0, Visibility.OCCLUDED)
        edits.mark_reviewed(project, 2)
    out = tmp_path / "out.csv"
    assert main(["export", str(tmp_path / "p.fami"), "--format", "deeplabcut", "--out", str(out)]) == 0
    said = capsys.readouterr()
    for words in ("1 occluded joint is written", "1 box is left out", "Who set 1 joint", "1 mark of a reviewed frame"):
        assert words in said.out + said.err
