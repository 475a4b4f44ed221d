"""Fetching from a real server that breaks off, is slow, sends the wrong file, or isn't there."""

import random
import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from core.errors import Cancelled, FetchError
from core.files.fetch import fetch
from tests.file_server import FileServer, sha256

CONTENT = random.Random(3).randbytes(3_000_000)  # the same in each run: one that began with "<" would be a web page
SHA256 = sha256(CONTENT)


@pytest.fixture
def server():
    with FileServer({"net.pth": CONTENT}) as server:
        yield server


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "weights" / "net.pth"


def left_beside(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.glob("*") if path != target)


def refused(url: str, target: Path, sha: str = SHA256, **settings) -> str:
    with pytest.raises(FetchError) as caught:
        fetch(url, target, sha, **settings)
    sentence = str(caught.value)
    assert "\n" not in sentence and sentence.endswith(".") and not target.exists()
    return sentence


def test_a_file_arrives_whole_with_progress(server, target):
    seen = []
    fetched = fetch(server.address + "net.pth", target, SHA256[:8], lambda *step: seen.append(step))
    assert fetched == target and target.read_bytes() == CONTENT
    assert left_beside(target) == []
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)
    assert seen[-1] == (len(CONTENT), len(CONTENT), 0.0)


def test_a_file_at_hand_is_not_fetched_again(server, target):
    target.parent.mkdir()
    target.write_bytes(CONTENT)
    fetch(server.address + "net.pth", target, SHA256)
    assert server.requests == []


def test_another_file_of_that_name_is_replaced(server, target):
    target.parent.mkdir()
    target.write_bytes(b"an older one")
    fetch(server.address + "net.pth", target, SHA256)
    assert target.read_bytes() == CONTENT


def test_a_broken_connection_is_taken_up_where_it_broke(server, target):
    server.drop_after = 1_200_000
    fetch(server.address + "net.pth", target, SHA256)
    assert target.read_bytes() == CONTENT
    assert [span for _, span in server.requests] == [None, "bytes=1200000-", "bytes=2400000-"]


def test_a_redirect_is_followed_also_when_resuming(server, target):
    server.redirects = {"latest.pth": "net.pth"}
    server.drop_after = 2_000_000
    fetch(server.address + "latest.pth", target, SHA256)
    assert target.read_bytes() == CONTENT
    assert ("net.pth", "bytes=2000000-") in server.requests


def test_a_later_call_goes_on_from_a_cancelled_one(server, target):
    cancel = threading.Event()
    server.crawl_after = 1_500_000

    def stop_midway(done: int, _total: int, _left: float | None) -> None:
        if done > 1_000_000:
            cancel.set()

    with pytest.raises(Cancelled):
        fetch(server.address + "net.pth", target, SHA256, stop_midway, cancel.is_set)
    part = target.with_name("net.pth.part").stat().st_size
    assert 1_000_000 < part < len(CONTENT) and not target.exists()

    server.crawl_after = None
    first = []
    fetch(server.address + "net.pth", target, SHA256, lambda done, *_: first.append(done))
    assert server.requests[-1] == ("net.pth", f"bytes={part}-") and first[0] > part
    assert target.read_bytes() == CONTENT and left_beside(target) == []


@pytest.mark.parametrize("change", ["server ignores ranges", "its file is another by now", "part of another address"])
def test_a_part_that_cannot_be_gone_on_from_is_begun_anew(server, target, change):
    server.files["net.pth"] = (old := CONTENT[-2_000_000:])
    cancelled = threading.Event()
    server.drop_after = 900_000
    with pytest.raises(Cancelled):
        fetch(server.address + "net.pth", target, sha256(old), lambda *_: cancelled.set(), cancelled.is_set)
    server.drop_after = None
    server.files = {"net.pth": CONTENT, "other.pth": CONTENT}
    name = "other.pth" if change == "part of another address" else "net.pth"
    server.ranges = change != "server ignores ranges"
    fetch(server.address + name, target, SHA256)
    assert target.read_bytes() == CONTENT


def test_a_part_that_is_whole_already_needs_no_more_bytes(server, target):
    cancelled = threading.Event()

    def at_the_end(done: int, *_) -> None:
        if done == len(CONTENT):
            cancelled.set()

    with pytest.raises(Cancelled):
        fetch(server.address + "net.pth", target, SHA256, at_the_end, cancelled.is_set)
    fetch(server.address + "net.pth", target, SHA256)
    assert target.read_bytes() == CONTENT
    assert server.requests[1:] == [("net.pth", f"bytes={len(CONTENT)}-")]


def test_a_part_longer_than_the_file_is_begun_anew(server, target):
    server.etag = ""
    cancelled = threading.Event()
    server.drop_after = 900_000
    with pytest.raises(Cancelled):
        fetch(server.address + "net.pth", target, SHA256, lambda *_: cancelled.set(), cancelled.is_set)
    server.drop_after = None
    with target.with_name("net.pth.part").open("ab") as part:
        part.write(bytes(len(CONTENT)))
    fetch(server.address + "net.pth", target, SHA256)
    assert target.read_bytes() == CONTENT


def test_a_cancel_waits_for_no_silent_server(server, target):
    server.silent = True
    with pytest.raises(Cancelled):
        fetch(server.address + "net.pth", target, SHA256, cancelled=lambda: bool(server.requests), timeout_s=300)
    assert [thread for thread in threading.enumerate() if thread.name == "fetch"], "it still waits for the server"


def test_a_silent_server_is_told_as_one_that_cannot_be_reached(server, target):
    server.silent = True
    sentence = refused(server.address + "net.pth", target, timeout_s=0.3)
    assert "cannot be reached (timed out)" in sentence


def test_without_a_network_it_says_what_to_put_where(target):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, but not listening
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/net.pth"
        sentence = refused(url, target)
    assert "cannot be reached" in sentence and url in sentence
    assert f"put it in {target.parent} as net.pth" in sentence


def test_a_name_that_nobody_knows_is_no_network(target):
    sentence = refused("http://weights.invalid/net.pth", target)
    assert "weights.invalid cannot be reached" in sentence and str(target.parent) in sentence


def test_a_connection_that_keeps_breaking_says_how_far_it_came(server, target):
    server.drop_after = 1_200_000
    server.ranges = False  # so that no try comes further than the first
    sentence = refused(server.address + "net.pth", target)
    assert "broke after 1.2 MB of 3.0 MB" in sentence and "resumes from there" in sentence


def test_the_wrong_file_is_removed(server, target):
    server.files["net.pth"] = bytes(1000)
    sentence = refused(server.address + "net.pth", target)
    assert SHA256 in sentence and sha256(bytes(1000))[:8] in sentence
    assert left_beside(target) == []


@pytest.mark.parametrize(
    ("status", "words"), [(404, "no longer has net.pth"), (503, "status 503"), (403, "status 403")]
)
def test_what_a_server_refuses_is_told(server, target, status, words):
    server.status = status
    assert words in refused(server.address + "net.pth", target)


def test_a_page_in_place_of_the_file_is_told_and_costs_no_part(server, target):
    cancelled = threading.Event()
    server.drop_after = 900_000
    with pytest.raises(Cancelled):
        fetch(server.address + "net.pth", target, SHA256, lambda *_: cancelled.set(), cancelled.is_set)
    part = target.with_name("net.pth.part").read_bytes()
    server.page = b"<!doctype html><title>Welcome to the hotel</title>"
    sentence = refused(server.address + "net.pth", target)
    assert "web page came instead of net.pth" in sentence and "sign in" in sentence
    assert target.with_name("net.pth.part").read_bytes() == part


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_a_server_that_cannot_prove_itself_is_not_trusted(server, target, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
         "-subj", "/CN=localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
    sentence = refused(server.address.replace("http:", "https:") + "net.pth", target)
    assert "could not prove its identity" in sentence and server.requests == []


def test_more_than_the_disk_holds_is_refused_before_a_byte_is_written(server, target):
    server.claimed_length = 10**18
    sentence = refused(server.address + "net.pth", target)
    assert "needs 1000000000000 MB more" in sentence and "free some space" in sentence


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here, the disk that is always full")
def test_a_disk_that_fills_up_is_told(server, target):
    target.parent.mkdir()
    target.with_name("net.pth.part").symlink_to("/dev/full")
    sentence = refused(server.address + "net.pth", target)
    assert f"The disk of {target.parent} is full" in sentence


def test_a_folder_that_cannot_be_made_is_told(server, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert "cannot be written" in refused(server.address + "net.pth", tmp_path / "file" / "net.pth")


def test_only_one_fetches_a_file_at_a_time(server, target):
    target.parent.mkdir()
    with FileLock(str(target) + ".part.lock"):
        assert "already being fetched" in refused(server.address + "net.pth", target)


def test_addresses_of_other_kinds_and_short_hashes_are_refused(target):
    with pytest.raises(ValueError, match="http"):
        fetch("file:///etc/hostname", target, SHA256)
    with pytest.raises(ValueError, match="8 digits"):
        fetch("http://localhost/net.pth", target, SHA256[:7])
