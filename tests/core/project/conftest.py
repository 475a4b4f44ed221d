"""A fresh project for each test, and predictions to write into it."""

import numpy as np
import pytest

from core.poses import Pose, Provenance, Visibility
from core.project import Project, SourceRecord


@pytest.fixture
def project(tmp_path):
    (tmp_path / "clip.mp4").write_bytes(b"")
    with Project.create(tmp_path / "clip.fami", SourceRecord(tmp_path / "clip.mp4", "video", 640, 480, 100)) as project:
        yield project


@pytest.fixture
def predicted():
    def make(track_id, score=0.8, at=10.0, box=(5.0, 6.0, 70.0, 80.0)):
        return Pose(
            track_id,
            np.array(box),
            np.full((17, 2), at),
            np.full(17, Visibility.VISIBLE),
            np.full(17, score),
            np.full(17, Provenance.PREDICTED),
            Provenance.PREDICTED,
        )

    return make
