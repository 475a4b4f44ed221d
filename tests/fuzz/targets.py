"""What a reader is to the fuzzer: how a case is made, and how it is read."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

MANY = 300
"""Cases on every commit of the readers that strangers' files reach most often, and that are quick."""


@dataclass(frozen=True)
class Target:
    """A reader under attack.

    Attributes:
        name: on the command line.
        make: writes the file or folder of one case into an empty folder, and says what is to be read.
        read: reads all of it; raises FamiError where it refuses.
        ci_cases: how many are tried on every commit; all readers together take forty seconds of a processor.
        formats: of `core.formats.known`, which it covers.
    """

    name: str
    make: Callable[[Random, Path], Path]
    read: Callable[[Path], object]
    ci_cases: int = 60
    formats: tuple[str, ...] = ()
