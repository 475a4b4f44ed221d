"""A catalogue of weights that is damaged or made to hurt."""

import pytest

from core.errors import WeightsError
from core.files.catalogue import read_catalogue

WHOLE = {
    "name": '"a"', "url": '"https://example.org/a.pth"', "sha256": '"0123456789abcdef"', "megabytes": "5",
    "backbone": '"w48"', "input_size_wh": "[288, 384]", "keypoints": '"coco"', "summary": '""', "accuracy": '""',
    "licence": '""', "terms": '""',
}  # fmt: skip


def written(path, **changes):
    lines = (f"{name} = {value}" for name, value in (WHOLE | changes).items())
    path.write_text("[[weights]]\n" + "\n".join(lines))
    return path


def test_a_whole_one_is_read(tmp_path):
    (entry,) = read_catalogue(written(tmp_path / "c.toml"))
    assert entry.file_name == "a.pth" and entry.input_size_wh == (288, 384)


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "5"}, {"url": '"file:///etc/passwd"'}, {"url": '"https://example.org/.."'},
        {"url": '"https://example.org/"'}, {"url": '"https://example.org/a\\\\..\\\\b"'},
        {"sha256": '"zzzzzzzzzz"'}, {"sha256": '"0123"'}, {"sha256": "12345678"}, {"input_size_wh": "[1.5, 3.5]"},
        {"input_size_wh": "[100000, 100000]"}, {"input_size_wh": "3"}, {"megabytes": '"x"'},
        {"name": "[" * 5000 + "]" * 5000}, {"megabytes": "7" * 5000}, {"name": "["},
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_the_file_s_name(tmp_path, changes):
    with pytest.raises(WeightsError, match=r"c\.toml"):
        read_catalogue(written(tmp_path / "c.toml", **changes))
