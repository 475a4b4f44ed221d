"""What documents name is there: actions, commands and tests of the feature table, pages and pictures of the guide."""

import re
from pathlib import Path

import pytest

from app.arguments import COMMANDS
from app.ui.actions import SPECS

REPOSITORY = Path(__file__).parents[1]
FEATURES = (REPOSITORY / "docs" / "features.md").read_text(encoding="utf-8")
GUIDE = REPOSITORY / "docs" / "guide"
ROWS = [line.split("|")[1:-1] for line in FEATURES.splitlines() if line.startswith("|") and "`tests/" in line]


@pytest.mark.parametrize(("here", "shown_by"), [(row[1], row[2]) for row in ROWS], ids=[row[0].strip() for row in ROWS])
def test_a_feature_names_what_does_it_and_a_test(here: str, shown_by: str) -> None:
    for name in re.findall(r"`([a-z_0-9]+)`", here):
        assert name in SPECS or name in COMMANDS, name
    for path, function in re.findall(r"`(tests/[^`:]+)::(\w+)`", shown_by):
        text = (REPOSITORY / path).read_text(encoding="utf-8")
        assert re.search(rf"^def {function}\(", text, re.MULTILINE), f"{path} has no {function}"


def test_each_line_of_a_table_has_as_many_cells_as_its_head() -> None:
    for table in re.findall(r"(?:^\|.*\n)+", FEATURES, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1, table.splitlines()[2]


def test_every_footnote_is_there_and_referred_to() -> None:
    body, notes = FEATURES.split("\n[^", 1)
    defined = re.findall(r"^\[\^(\w+)\]:", "[^" + notes, re.MULTILINE)
    assert len(set(defined)) == len(defined)
    assert set(re.findall(r"\[\^(\w+)\]", body)) == set(defined)


@pytest.mark.parametrize("page", [REPOSITORY / "README.md", *sorted(GUIDE.glob("*.md"))], ids=lambda page: page.stem)
def test_links_of_the_guide_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert "://" in target or (page.parent / target).exists(), target


def test_the_guide_lists_all_its_pages() -> None:
    listed = set(re.findall(r"\]\((\w+\.md)\)", (GUIDE / "README.md").read_text(encoding="utf-8")))
    assert listed == {page.name for page in GUIDE.glob("*.md")} - {"README.md"}
