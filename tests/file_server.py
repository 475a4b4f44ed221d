"""A real server of files for tests of fetching, which can be told to misbehave as servers and networks do."""

import hashlib
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class FileServer:
    """Serves `files` by path, in a thread.

    Attributes:
        files: content by path, without the leading slash.
        drop_after: bytes after which each answer's connection breaks; None for never.
        ranges: whether the server understands Range.
        crawl_after: bytes after which it sends single bytes, so that the file is never whole; None for never.
        silent: accepts, and never answers.
        status: answers everything with this status where it is not 200.
        page: answers everything with this page, as a network that asks to sign in does.
        etag: what it calls its file; "" for nothing.
        redirects: target path by path.
        requests: (path, Range or None) of each request, in order.
    """

    files: dict[str, bytes]
    drop_after: int | None = None
    ranges: bool = True
    crawl_after: int | None = None
    silent: bool = False
    status: int = 200
    page: bytes | None = None
    etag: str | None = None
    claimed_length: int | None = None
    redirects: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str | None]] = field(default_factory=list)

    def __enter__(self) -> "FileServer":
        served = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                served.answer(self)

            def log_message(self, *_) -> None:
                pass

        self._stopping = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # a client that went away is what some tests are about
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def address(self) -> str:
        """`http://127.0.0.1:<port>/`."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answers one request as it was told to."""
        path, wanted = request.path.lstrip("/"), request.headers.get("Range")
        self.requests.append((path, wanted))
        request.close_connection = True
        if self.silent:
            self._stopping.wait(30)
            return
        if path in self.redirects:
            request.send_response(302)
            request.send_header("Location", self.address + self.redirects[path])
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        if self.page is not None:
            self._send(request, 200, self.page, {"Content-Type": "text/html; charset=utf-8"})
        elif self.status != 200 or path not in self.files:
            self._send(request, self.status if self.status != 200 else 404, b"no", {})
        else:
            self._send_file(request, self.files[path], wanted)

    def _send_file(self, request: BaseHTTPRequestHandler, content: bytes, wanted: str | None) -> None:
        etag = f'"{hashlib.md5(content).hexdigest()}"' if self.etag is None else self.etag
        headers = {"ETag": etag} if etag else {}
        known = request.headers.get("If-Range")
        if wanted is None or not self.ranges or (known is not None and known != etag):
            self._send(request, 200, content, headers)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-"))
        if start >= len(content):
            self._send(request, 416, b"", headers | {"Content-Range": f"bytes */{len(content)}"})
            return
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._send(request, 206, content[start:], headers | {"Content-Range": span})

    def _send(self, request: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(self.claimed_length or len(body)))
        request.end_headers()
        stop = len(body) if self.drop_after is None else min(len(body), self.drop_after)
        fast = stop if self.crawl_after is None else min(stop, self.crawl_after)
        request.wfile.write(body[:fast])
        request.wfile.flush()
        for at in range(fast, stop):
            if self._stopping.wait(0.05):
                return
            request.wfile.write(body[at : at + 1])
            request.wfile.flush()


def sha256(content: bytes | Path) -> str:
    """64 hex digits."""
    return hashlib.sha256(content if isinstance(content, bytes) else content.read_bytes()).hexdigest()
