"""What a stranger's project remembers for the window is taken where it makes sense, and else passed over."""

import json

import pytest

from app.controllers.viewing.annotators import _KEPT
from core.project import Project

KEYS = ("last_frame", "round_after_frames", "deleted_rounds", "picture", "kept_mine")
ODD = (
    "²", "٣", "9" * 5000, "-1", "1e308", "NaN", "[" * 100_000, "{", '{"brightness": {}}', '[[1], {"a": 2}]', "null",
    '"x"', "", "[1e999]", "true",
)  # fmt: skip


def with_settings(drive, clip, value):
    """The clip's project with a value in place of everything it remembers, open in a window."""
    drive(clip).close()
    with Project.open(clip.with_suffix(".fami")) as project:
        for key in KEYS:
            project.set_setting(key, value)
    return drive(clip)


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_a_window_opens_whatever_is_remembered(drive, clip, odd):
    d = with_settings(drive, clip, odd)
    assert d.session.frame_index == 0 and d.program.annotators._kept_names() == set()


def test_what_makes_sense_is_taken(drive, clip):
    d = with_settings(drive, clip, "7")
    assert d.session.frame_index == 7
    d.session.project.set_setting(_KEPT, json.dumps(["a", 5]))
    assert d.program.annotators._kept_names() == {"a"}
