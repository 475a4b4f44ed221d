"""What a project remembers of its clip."""

from __future__ import annotations

import hashlib

import numpy as np

from core.project import SourceRecord
from core.video import Source


def record_of(source: Source) -> SourceRecord:
    """What a project remembers of its clip."""
    width, height = source.size
    digest = hashlib.sha256(np.ascontiguousarray(source.timestamps, dtype=np.float64).tobytes()).hexdigest()
    return SourceRecord(source.path, source.kind, width, height, len(source), digest)
