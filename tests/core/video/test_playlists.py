"""A clip is one local file: what only names other files or addresses is none, whatever it is called."""

import shutil

import av
import pytest

from core.errors import SourceError
from core.files.places import DEMO_CLIP
from core.video import open_source

PLAYLISTS = {
    "an HLS list": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n",
    "a list to join": "ffconcat version 1.0\nfile {}\n",
    "a session": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns={}\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 49170 RTP/AVP 96\n",
}


@pytest.mark.parametrize("address", ["clip.ts", "http://127.0.0.1:9/clip.ts", "concat:clip.ts|clip.ts"])
@pytest.mark.parametrize("suffix", [".mp4", ".m3u8", ".ffconcat", ".sdp"])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_a_list_of_other_files_is_no_clip(tmp_path, kind, suffix, address):
    shutil.copy(DEMO_CLIP, tmp_path / "clip.ts")
    path = tmp_path / f"list{suffix}"
    path.write_text(PLAYLISTS[kind].format(address))
    with pytest.raises(SourceError, match=rf"list\{suffix} is not a video"):
        open_source(path)


@pytest.mark.parametrize(
    "name", ["http://127.0.0.1:9/a.mp4", "concat:a.mp4|b.mp4", "subfile,,start,0,end,9,,:a.mp4", "tcp://127.0.0.1:9"]
)
def test_a_name_is_a_name_and_no_address(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match="There is no file"):
        open_source(name)


def test_frames_of_absurd_size_are_not_decoded(tmp_path):
    path = tmp_path / "large.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for index in range(3):
            frame = av.VideoFrame(64, 48, "yuvj420p")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    content = path.read_bytes()
    at = content.index(b"\xff\xc0\x00\x11\x08") + 5  # the height and width of the first picture
    path.write_bytes(content[:at] + b"\xff\xdc\xff\xdc" + content[at + 4 :])
    with open_source(path) as source:
        assert source.size == (64, 48) and len(source) == 2
        assert source.damaged is not None
