"""Mending: the frames around a correction follow it, as far as they make the same mistake and the picture allows."""

from core.people.repair.mending import REACH, Correction, End, Mended, Mending, mend

__all__ = ["REACH", "Correction", "End", "Mended", "Mending", "mend"]
