"""Every reader against files that are damaged or made to hurt, a few hundred each: see `python -m tests.fuzz`."""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from core.formats.known import KNOWN_FORMATS
from tests.fuzz import readers
from tests.fuzz.child import random_of, tried
from tests.fuzz.running import FAILED, READ, Fuzzer
from tests.fuzz.targets import Target

SEED = 20
ROOT = Path(__file__).parents[1]


def covered():
    return {name for module in readers.MODULES for target in readers.targets_of(module) for name in target.formats}


def test_every_format_that_is_read_is_attacked_and_the_table_names_every_reader():
    assert {one.name for one in KNOWN_FORMATS if one.is_read} <= covered()
    for module, names in readers.MODULES.items():
        assert tuple(target.name for target in readers.targets_of(module)) == names


@pytest.fixture(scope="module")
def fuzzer(tmp_path_factory):
    with Fuzzer(SEED, tmp_path_factory.mktemp("failed")) as fuzzer:
        yield fuzzer


@pytest.mark.parametrize("reader", readers.NAMES)
def test_whatever_is_wrong_in_a_file_it_is_read_or_refused(fuzzer, reader):
    outcome = fuzzer.run(reader, range(readers.target_named(reader).ci_cases))
    assert not outcome.failures, (
        f"python -m tests.fuzz --reader {reader} --seed {SEED} --case ...: {outcome.failures[:3]}"
    )


def test_what_is_no_error_of_ours_fails(tmp_path):
    def read(path):
        raise [ZeroDivisionError, FileNotFoundError][len(path.read_bytes())]

    def make(rng, folder):
        (folder / "a").write_bytes(bytes(rng.randrange(2)))
        return folder / "a"

    target = Target("broken", make, read)
    assert {tried(target, random_of("x", 0, number), tmp_path / "case")[0] for number in range(9)} == {FAILED}
    assert tried(Target("whole", make, len), Random(0), tmp_path / "case")[0] == FAILED, "a path has no length"
    assert tried(Target("whole", make, Path.exists), Random(0), tmp_path / "case") == (READ, "")


def test_a_case_can_be_tried_again_alone_and_the_last_line_counts():
    command = [sys.executable, "-m", "tests.fuzz", "--reader", "collection", "--seed", "3", "--case", "7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "0 failed of 1"
