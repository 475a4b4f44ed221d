"""`python -m tests.fuzz --cases 20000 --reader NAME --seed S`: exit 1 with a count on the last line if one failed."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.readers import NAMES
from tests.fuzz.running import FAILED, Fuzzer


def main() -> int:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--reader", choices=[*NAMES, "all"], default="all", help="which reader; all by default")
    parser.add_argument("--cases", type=int, default=300, help="how many cases of each reader (default 300)")
    parser.add_argument("--seed", type=int, default=0, help="other seeds make other cases (default 0)")
    parser.add_argument("--case", type=int, help="this one case alone")
    parser.add_argument(
        "--keep", type=Path, default=Path(tempfile.gettempdir()) / "fuzz-failures", help="where failing cases are kept"
    )
    arguments = parser.parse_args()
    cases = range(arguments.cases) if arguments.case is None else [arguments.case]
    total: Counter[str] = Counter()
    for reader in NAMES if arguments.reader == "all" else [arguments.reader]:
        began = time.monotonic()
        with Fuzzer(arguments.seed, arguments.keep, _say) as fuzzer:
            outcome = fuzzer.run(reader, cases)
        total += outcome.counts
        _say(f"{reader}: {outcome.in_words} in {time.monotonic() - began:.0f} s")
    _say(f"{total[FAILED]} failed of {sum(total.values())}")
    return 1 if total[FAILED] else 0


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
