"""The one writer that replaces a file whole: at every moment the old content or the new one is there, never a part.

What is being written lies in a folder of its own beside the target, under the target's name: no listing by suffix takes
it for a finished file, and whatever a library lays beside it goes with it. The folder's name says which process writes
there, so that a later one knows what a killed one left over, and removes it.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import platform
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import FamiError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_NOT_FORCEABLE = {errno.EINVAL, errno.ENOTSUP, errno.EACCES}
"""What is said of a folder that cannot be forced to the disk: on some network file systems, or one not to be listed."""
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
"""What file systems say that know no second name for a file."""
_HOST = hashlib.sha256(platform.node().encode()).hexdigest()[:8]
"""Tells this machine from others that share the folder, whose processes cannot be asked after."""
_DRAFT_FOLDER = re.compile(r"\.fami-(?P<host>[0-9a-f]{8})-(?P<pid>\d+)-(?P<start>\d+)-\d+\.part")
_count = itertools.count()
_looked_through: set[Path] = set()
"""Folders where this process has looked for what others left over: once is enough, and many files stay quick."""


@contextmanager
def replacing(
    path: Path, raises: type[FamiError] = FamiError, *, make_folder: bool = False, forced: bool = True
) -> Iterator[Path]:
    """A path to write to, which becomes `path` if the block ends well, and is removed if it does not.

    Args:
        path: the file to replace, or to make.
        raises: the kind of error that says, in one sentence, why it cannot be written.
        make_folder: make the file's folder where it is missing.
        forced: see to it that the content outlives a power cut; False for what can be had again.

    Raises:
        FamiError: of the kind `raises`: the disk is full, the place is read-only, the folder is missing.
    """
    with drafting(path, raises, make_folder=make_folder) as draft:
        yield draft
        put_in_place(draft, path, forced=forced)


@contextmanager
def drafting(path: Path, raises: type[FamiError] = FamiError, *, make_folder: bool = False) -> Iterator[Path]:
    """As `replacing`, for what is named only once it is written: the block calls `put_in_place`.

    Raises:
        FamiError: as `replacing`.
    """
    folder = path.absolute().parent
    own = folder / f".fami-{_HOST}-{os.getpid()}-{_start_of(os.getpid()) or 0}-{next(_count)}.part"
    try:
        if make_folder:
            folder.mkdir(parents=True, exist_ok=True)
        own.mkdir()
        _remove_leftovers(folder)
        yield own / path.name
    except (OSError, RuntimeError) as error:
        cause = _os_error(error)
        if cause is None:
            raise
        raise raises(_sentence(path, cause)) from error
    finally:
        # What cannot be removed now is a leftover, which a later write removes; the reason in hand matters more.
        shutil.rmtree(own, ignore_errors=True)


def put_in_place(draft: Path, path: Path, *, forced: bool = True) -> None:
    """Gives a draft its name. Raises OSError; `drafting` makes a sentence of it."""
    if forced:
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
    draft.replace(path)
    if forced and os.name == "posix":
        _force_folder(path.absolute().parent)


def put_in_empty_place(draft: Path, path: Path) -> None:
    """Gives a draft a name that nothing has, for good. Raises OSError, FileExistsError where something has it."""
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        draft.rename(path)
    if os.name == "posix":
        _force_folder(path.absolute().parent)


def _force_folder(folder: Path) -> None:
    """Until its folder is on the disk too, a power cut can take back a new name."""
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in _NOT_FORCEABLE:
            raise


def _remove_leftovers(folder: Path) -> None:
    """Removes drafts of processes of this machine that are no more."""
    if folder in _looked_through or _start_of(os.getpid()) is None:
        return
    _looked_through.add(folder)
    try:
        entries = list(folder.iterdir())
    except PermissionError:
        return  # a folder where one may write but not list
    for entry in entries:
        named = _DRAFT_FOLDER.fullmatch(entry.name)
        if named is not None and named["host"] == _HOST and _start_of(int(named["pid"])) != named["start"]:
            shutil.rmtree(entry, ignore_errors=True)


def _start_of(pid: int) -> str | None:
    """When a process began, in ticks since the boot: tells it from a later one of its number. None if it is no more.

    Also None of everybody where the system has no /proc: nothing is then taken for left over.
    """
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *numbers = told.rpartition(")")[2].split()  # before it stands the program's name, which may hold anything
    return None if state == "Z" else numbers[18]


def _os_error(error: BaseException | None) -> OSError | None:
    """The system's error behind one; torch's writer lays a RuntimeError over it."""
    while error is not None and not isinstance(error, OSError):
        error = error.__cause__ or error.__context__
    return error


def _sentence(path: Path, error: OSError) -> str:
    folder = path.absolute().parent
    if error.errno in _FULL:
        return f"{path} cannot be written, as its disk is full; free some space and try again."
    if not folder.is_dir():
        return f"{path} cannot be written, as there is no folder {folder}; make it first, or choose another place."
    if error.errno in _FORBIDDEN:
        return f"{path} cannot be written, as {folder} is read-only; allow writing there, or choose another place."
    return f"{path} cannot be written ({error.strerror or error}); choose another place."
