"""Reading in a child: what it hands back, and that its crash, its hang and its memory are its own."""

import os
import time

import pytest

from core.errors import Cancelled
from core.files.in_child import ChildError, read_in_child


def shout(path):
    os.write(1, b"what libraries print is no answer")
    return {"path": path.upper(), "numbers": [1, 2.5, None]}


def crash(path):
    os.abort()


def refuse(path):
    raise ZeroDivisionError(f"{path} cannot be divided")


def fill(path):
    return len(bytearray(6 * 2**30))


def hang(path):
    time.sleep(600)


def hand_over_code(path):
    return {hang}


def in_tests(function):
    """This module by the name under which a child finds it."""
    function.__module__ = "tests.core.files.test_in_child"
    return function


def test_values_come_back_and_what_is_printed_does_not():
    assert read_in_child(in_tests(shout), "a") == {"path": "A", "numbers": [1, 2.5, None]}


@pytest.mark.parametrize(
    ("reader", "reason"),
    [
        (crash, "crashed"),
        (refuse, "a cannot be divided"),
        (fill, "MemoryError"),
        (hand_over_code, "not JSON serializable"),
    ],
)
def test_whatever_goes_wrong_there_is_a_reason_here(reader, reason):
    with pytest.raises(ChildError, match=reason):
        read_in_child(in_tests(reader), "a")


def test_a_child_that_hangs_is_ended_in_time_and_by_who_no_longer_waits():
    with pytest.raises(ChildError, match="too long"):
        read_in_child(in_tests(hang), "a", seconds=0.0)

    def give_up():
        raise Cancelled

    with pytest.raises(Cancelled):
        read_in_child(in_tests(hang), "a", on_wait=give_up)
