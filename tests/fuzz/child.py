"""One process of cases: `python -m tests.fuzz.child SEED FOLDER` reads lines "READER NUMBER" and answers each."""

import gc
import json
import os
import resource
import shutil
import sys
import traceback
from pathlib import Path
from random import Random

from core.errors import FamiError
from tests.fuzz.readers import target_named
from tests.fuzz.running import CASE_BYTES, FAILED, READ, REFUSED
from tests.fuzz.targets import Target


def main(seed: int, folder: Path) -> None:
    """Serves until standard input ends. The number -1 only loads what a reader loads."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever libraries print is no answer
    for line in sys.stdin:
        reader, number = line.split()
        target = target_named(reader)
        answer = tried(target, random_of(reader, seed, int(number)), folder / "case")
        if number == "-1":
            resource.setrlimit(resource.RLIMIT_DATA, (CASE_BYTES, CASE_BYTES))
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
        if number.endswith("50"):
            gc.collect()


def random_of(reader: str, seed: int, number: int) -> Random:
    """The dice of a case, which depend on nothing else."""
    return Random(f"{reader} {seed} {number}")


def tried(target: Target, rng: Random, place: Path) -> tuple[str, str]:
    """How one case ended, and why."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    path = target.make(rng, place)
    try:
        target.read(path)
    except FamiError as error:
        said = str(error)
        names = [path.name, path.stem, *(inside.name for inside in path.rglob("*"))] if path.is_dir() else [path.name]
        if not any(name in said for name in names):
            return FAILED, f"the sentence does not name the file: {said[:300]}"
        if len(said) > 2000:
            return FAILED, f"the sentence has {len(said)} letters: {said[:300]}"
        return REFUSED, ""
    except Exception:  # noqa: BLE001 - whatever else comes out is what is looked for
        return FAILED, traceback.format_exc(limit=-6)[-1500:]
    return READ, ""


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
