"""Fetches one large file: with progress, going on where it stopped, cancelled within a second, checked by its hash."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import queue
import shutil
import ssl
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from filelock import FileLock, Timeout

from core import __version__
from core.errors import Cancelled, FetchError

OnProgress = Callable[[int, int, float | None], None]
"""Called with the bytes at hand, the bytes in all (0 where the server does not say) and the seconds left, if known."""

TIMEOUT_S = 20.0
_CHUNK_BYTES = 1 << 16
_LOOK_S = 0.1
_PAUSES_S = (0.5, 1.0, 2.0)
"""Waits before the connection is tried again; as many tries as there are, counted anew whenever bytes arrived."""


def fetch(
    url: str,
    target: Path,
    sha256: str,
    on_progress: OnProgress = lambda done, total, seconds_left: None,
    cancelled: Callable[[], bool] = lambda: False,
    *,
    timeout_s: float = TIMEOUT_S,
) -> Path:
    """Fetches a file, and gives it its name only once it is whole and is the one that was meant.

    What arrived before a cancel or a broken connection stays beside the target as `<name>.part`, and the next call
    goes on from there if the server still has the same file. A file that is at hand already is not fetched again.

    Args:
        url: where from, http or https; redirects are followed.
        target: where to; its folder is made.
        sha256: the file's SHA-256, or the first hex digits of it (at least 8).
        on_progress: called about ten times a second, on the caller's thread.
        cancelled: asked about ten times a second.
        timeout_s: how long the network may be silent.

    Returns:
        The target.

    Raises:
        FetchError: in one sentence: no network, no such file, no space, another file than expected, fetched by
            another program at this moment.
        Cancelled: as `cancelled` asked for.
    """
    if urllib.parse.urlsplit(url).scheme not in ("http", "https") or len(sha256) < 8:
        raise ValueError(f"fetch needs an http address and 8 digits of SHA-256, not {url} and '{sha256}'")
    download = _Download(url, target, sha256.lower(), on_progress, cancelled, timeout_s)
    try:
        if target.is_file() and download.has_hash(target):
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = Path(f"{download.part}.lock")
        with FileLock(lock, timeout=0):
            try:
                download.run()
                download.keep()
            finally:
                lock.unlink(missing_ok=True)
    except Timeout:
        raise FetchError(f"{target.name} is already being fetched by another window or command; wait for it.") from None
    except OSError as error:
        raise _disk_error(error, target) from error
    return target


@dataclass(frozen=True)
class _Head:
    """The start of a server's answer.

    Attributes:
        start: the first byte that follows, counted in the whole file.
        total: bytes of the whole file, 0 if the server does not say.
        validator: what the server knows this very file by, "" if it has no such word.
        is_page: whether it is a page to read rather than a file.
    """

    start: int
    total: int
    validator: str
    is_page: bool

    @classmethod
    def of(cls, response: HTTPResponse) -> _Head:
        headers = response.headers
        length = int(headers.get("Content-Length") or 0)
        start = 0
        if response.status == 206:
            span, _, whole = (headers.get("Content-Range") or "bytes 0-0/0").removeprefix("bytes ").partition("/")
            start, length = int(span.partition("-")[0]), int(whole) if whole.isdigit() else 0
        etag = headers.get("ETag", "")
        validator = headers.get("Last-Modified", "") if etag.startswith("W/") or not etag else etag
        return cls(start, length, validator, headers.get_content_type() == "text/html")


class _NetworkFault(Exception):  # noqa: N818 - never seen outside this module
    """What the network raised, set apart from what the disk raises: both are OSError."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class _Connection:
    """Asks and reads in a thread of its own, so that a silent network cannot hold up a cancel.

    The thread touches no file. One that hangs in the network ends by itself at the timeout, or with the program.
    """

    def __init__(self, url: str, start: int, validator: str, timeout_s: float) -> None:
        headers = {"User-Agent": f"fami-pose-review/{__version__}", "Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
            if validator:
                headers["If-Range"] = validator
        self._request = urllib.request.Request(url, headers=headers)  # noqa: S310 - fetch() takes http(s) only
        self._timeout_s = timeout_s
        self._parts: queue.Queue[_Head | bytes | Exception] = queue.Queue(maxsize=16)
        self._closed = threading.Event()
        threading.Thread(target=self._read, name="fetch", daemon=True).start()

    def next(self, cancelled: Callable[[], bool]) -> _Head | bytes:
        """The head, then bytes, then b"". Raises _NetworkFault, or Cancelled."""
        while True:
            if cancelled():
                raise Cancelled
            with contextlib.suppress(queue.Empty):
                part = self._parts.get(timeout=_LOOK_S)
                if isinstance(part, Exception):
                    raise _NetworkFault(part)
                return part

    def close(self) -> None:
        """Lets the thread end."""
        self._closed.set()

    def _read(self) -> None:
        try:
            with urllib.request.urlopen(self._request, timeout=self._timeout_s) as response:  # noqa: S310
                self._put(_Head.of(response))
                while (chunk := response.read1(_CHUNK_BYTES)) and not self._closed.is_set():
                    self._put(chunk)
                self._put(b"")
        except (OSError, HTTPException, ValueError) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            self._put(error)

    def _put(self, part: _Head | bytes | Exception) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(queue.Full):
                self._parts.put(part, timeout=_LOOK_S)
                return


@dataclass
class _Download:
    """One file on its way; the first six are what `fetch` was asked for.

    Attributes:
        received: bytes that came over all connections.
        reached: the furthest byte that was written.
        total: bytes of the whole file, 0 while unknown.
        started_s, told_s: when it began, and when progress was told last.
    """

    url: str
    target: Path
    sha256: str
    on_progress: OnProgress
    cancelled: Callable[[], bool]
    timeout_s: float
    received: int = 0
    reached: int = 0
    total: int = 0
    started_s: float = 0.0
    told_s: float = 0.0

    @property
    def part(self) -> Path:
        """The file that grows."""
        return self.target.with_name(self.target.name + ".part")

    @property
    def part_facts(self) -> Path:
        """What the growing file is a part of."""
        return self.target.with_name(self.target.name + ".part.json")

    def run(self) -> None:
        """Fills the part file, over as many connections as it takes."""
        self.started_s = time.monotonic()
        tries = 0
        while True:
            before = self.reached
            try:
                if self._connect_once():
                    return
                trouble: Exception | None = None
            except _NetworkFault as fault:
                trouble = fault.cause
                self._raise_if_hopeless(trouble)
            tries = 0 if self.reached > before else tries + 1
            if tries == len(_PAUSES_S) or not self.received:  # a network that is not there is told at once
                raise self._network_error(trouble)
            self._pause(_PAUSES_S[tries])

    def _connect_once(self) -> bool:
        """Reads from one connection until it ends; whether the part file is whole then."""
        validator, start = self._known_part()
        connection = _Connection(self.url, start, validator, self.timeout_s)
        try:
            head = connection.next(self.cancelled)
            assert isinstance(head, _Head)  # noqa: S101 - the first thing a connection hands over
            chunk = connection.next(self.cancelled)
            if head.is_page or (isinstance(chunk, bytes) and chunk.lstrip()[:1] == b"<"):
                raise self._page_error()
            if head.start != start:  # the server ignores ranges, or its file is another one by now
                if head.start:
                    self._forget_part()
                    raise _NetworkFault(ValueError("it sent a different part than was asked for"))
                start = 0
            self.total = head.total
            self._check_space(head.total - start)
            if not start:
                self.part_facts.write_text(json.dumps({"url": self.url, "validator": head.validator}))
            return self._write(connection, chunk, start)
        except _NetworkFault as fault:
            if not isinstance(fault.cause, urllib.error.HTTPError) or fault.cause.code != 416 or not start:
                raise
            # Nothing follows: the part is the whole file, or longer than it.
            whole = (fault.cause.headers.get("Content-Range") or "").rpartition("/")[2] == str(start)
            if whole:
                return True
            self._forget_part()
            return self._connect_once()
        finally:
            connection.close()

    def _write(self, connection: _Connection, chunk: _Head | bytes, start: int) -> bool:
        done = start
        with self.part.open("r+b" if start else "wb") as file:
            file.seek(start)
            while isinstance(chunk, bytes) and chunk:
                file.write(chunk)
                file.flush()  # what arrived stays, also where the program is ended
                done += len(chunk)
                self.received += len(chunk)
                self.reached = max(self.reached, done)
                self._tell(done)
                chunk = connection.next(self.cancelled)
        self._tell(done, at_once=True)
        return done >= self.total

    def keep(self) -> None:
        """Gives the part file the target's name if it is the file that was meant, else removes it."""
        if not self.has_hash(self.part):
            begins = _digest(self.part, self.cancelled)[: len(self.sha256)]
            self._forget_part()
            raise FetchError(
                f"What {self.url} sent is not the file that was expected (its SHA-256 begins with {begins}, not "
                f"{self.sha256}) and was removed; fetch it again, or over another network."
            )
        self.part.replace(self.target)
        self.part_facts.unlink(missing_ok=True)

    def has_hash(self, path: Path) -> bool:
        """Whether a file is the one that was meant."""
        return _digest(path, self.cancelled).startswith(self.sha256)

    def _known_part(self) -> tuple[str, int]:
        """What the server called the file that the part belongs to, and the bytes at hand; ("", 0) to start anew."""
        try:
            facts = json.loads(self.part_facts.read_text())
            if facts["url"] == self.url:
                return str(facts["validator"]), self.part.stat().st_size
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return "", 0

    def _forget_part(self) -> None:
        self.part.unlink(missing_ok=True)
        self.part_facts.unlink(missing_ok=True)

    def _check_space(self, needed: int) -> None:
        free = shutil.disk_usage(self.target.parent).free
        if needed > free:
            raise FetchError(
                f"{self.target.name} needs {megabytes(needed)} more, but {self.target.parent} has "
                f"{megabytes(free)} free; free some space and fetch it again."
            )

    def _tell(self, done: int, *, at_once: bool = False) -> None:
        now_s = time.monotonic()
        if not at_once and now_s - self.told_s < _LOOK_S:
            return
        self.told_s = now_s
        seconds_left = None
        if self.received and self.total:
            seconds_left = (now_s - self.started_s) / self.received * max(self.total - done, 0)
        self.on_progress(done, self.total, seconds_left)

    def _pause(self, seconds: float) -> None:
        ends_s = time.monotonic() + seconds
        while time.monotonic() < ends_s:
            if self.cancelled():
                raise Cancelled
            time.sleep(_LOOK_S)

    # What is told of trouble ------------------------------------------------------------------------------------------

    @property
    def _by_hand(self) -> str:
        return f"get {self.url} on another machine, and put it in {self.target.parent} as {self.target.name}"

    def _raise_if_hopeless(self, error: Exception) -> None:
        """Raises the sentence for what trying again does not change."""
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise FetchError(
                f"{self._host} could not prove its identity ({reason.verify_message}), as happens where a network "
                f"asks you to sign in first; sign in, or {self._by_hand}."
            ) from error
        if isinstance(error, urllib.error.HTTPError) and error.code in (404, 410):
            raise FetchError(
                f"{self._host} no longer has {self.target.name} (status {error.code}): find it elsewhere and put it "
                f"in {self.target.parent}; its SHA-256 begins with {self.sha256[:8]}."
            ) from error

    def _page_error(self) -> FetchError:
        return FetchError(
            f"A web page came instead of {self.target.name}, as happens where a network asks you to sign in first; "
            f"open a browser and sign in, or {self._by_hand}."
        )

    def _network_error(self, error: Exception | None) -> FetchError:
        at_hand = self._known_part()[1]
        if isinstance(error, urllib.error.HTTPError):
            return FetchError(
                f"{self._host} answered with status {error.code}; fetch it again later, or {self._by_hand}."
            )
        if at_hand and self.received:
            of_all = f" of {megabytes(self.total)}" if self.total else ""
            return FetchError(
                f"The connection to {self._host} broke after {megabytes(at_hand)}{of_all}; fetch it again later, and "
                "it resumes from there."
            )
        reason = getattr(error, "reason", error)
        words = getattr(reason, "strerror", None) or str(reason or "the connection ended early")
        return FetchError(f"{self._host} cannot be reached ({words}): fetch it again later, or {self._by_hand}.")

    @property
    def _host(self) -> str:
        return urllib.parse.urlsplit(self.url).netloc


def _disk_error(error: OSError, target: Path) -> FetchError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return FetchError(f"The disk of {target.parent} is full; free some space and fetch {target.name} again.")
    words = error.strerror or error
    return FetchError(f"{target} cannot be written ({words}); allow writing there, or set another folder.")


def _digest(path: Path, cancelled: Callable[[], bool]) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            if cancelled():
                raise Cancelled
            digest.update(chunk)
    return digest.hexdigest()


def megabytes(count: int) -> str:
    """A number of bytes as people read it: `254 MB`, `0.4 MB`."""
    return f"{count / 1e6:.0f} MB" if count >= 10e6 else f"{count / 1e6:.1f} MB"
