"""Whatever an opening runs into, nothing that it opened stays open."""

import json
import shutil
from pathlib import Path

import cv2
import pytest

from core.errors import ProjectError
from core.files import places
from core.project import Project
from core.video import Source, open_source
from core.work import opening
from core.work.opening import open_path, record_of


class Ledger:
    """What was opened, and what was closed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened: list[object] = []
        self.closed: list[object] = []
        self._monkeypatch = monkeypatch
        self._note(opening, "open_source")
        self._note(opening, "_open_or_read_only")
        self._note(opening, "_create")

    def _note(self, owner: object, name: str) -> None:
        make = getattr(owner, name)

        def noted(*arguments: object) -> object:
            made = make(*arguments)
            thing = made[0] if isinstance(made, tuple) else made
            close = thing.close
            self.opened.append(thing)
            thing.close = lambda: self.closed.append(thing) or close()
            return made

        self._monkeypatch.setattr(owner, name, noted)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """The demo's first frames as a folder of pictures."""
    folder = tmp_path / "images"
    folder.mkdir()
    with open_source(places.DEMO_CLIP) as source:
        for index in range(3):
            cv2.imwrite(str(folder / f"{index:06d}.png"), source.frame(index))
    return folder


def coco(path: Path, images: Path) -> Path:
    """Labels of one person in the first picture."""
    names = enumerate(sorted(file.name for file in images.iterdir()))
    labels = {
        "images": [{"id": i, "file_name": f"images/{name}", "width": 160, "height": 120} for i, name in names],
        "annotations": [{"id": 1, "image_id": 0, "category_id": 1, "bbox": [40, 20, 50, 80], "track_id": 1,
                         "keypoints": [50, 30, 2] * 17}],
        "categories": [{"id": 1, "name": "person"}],
    }  # fmt: skip
    path.write_text(json.dumps(labels))
    return path


@pytest.mark.parametrize("what", ["demo", "labels", "moved", "project beside a clip"])
def test_what_was_opened_is_closed_when_something_fails(
    what: str, tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    def fail(*_: object, **__: object) -> None:
        raise ProjectError("The disk is full.")

    moved_to = None
    path = places.DEMO_CLIP
    if what == "labels":
        path = coco(tmp_path / "labels.json", pictures)
    elif what != "demo":
        copy = Path(shutil.copytree(pictures, tmp_path / "there" / "images"))
        with open_source(copy) as source:
            project_path = places.project_path_for(pictures) if what != "moved" else tmp_path / "p.fami"
            project_path.parent.mkdir(parents=True, exist_ok=True)
            Project.create(project_path, record_of(source)).close()
        path, moved_to = (project_path, pictures) if what == "moved" else (pictures, None)
    monkeypatch.setattr(opening, "import_labels", fail)
    monkeypatch.setattr(Project, "relocate", fail)
    ledger = Ledger(monkeypatch)
    with pytest.raises(ProjectError, match="disk is full"):
        open_path(path, lambda done, total: None, moved_to)
    assert {type(thing) for thing in ledger.opened} > {Project} and len(ledger.opened) == 2
    assert any(isinstance(thing, Source) for thing in ledger.opened)
    assert sorted(map(id, ledger.closed)) == sorted(map(id, ledger.opened))


def test_a_place_that_may_not_be_looked_at_is_one_sentence(
    tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(opening.places, "project_path_for", lambda _: tmp_path / ("n" * 300) / "p.fami")
    with pytest.raises(ProjectError, match="No project can be made"):
        open_path(pictures, lambda done, total: None)
