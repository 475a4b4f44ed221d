"""What documents name is there: actions, commands and tests of the feature table, pages and pictures of the guide.

And the other way round: every picture is drawn by the script and shown on a page, every action stands in the guide.
"""

import re
from pathlib import Path

import pytest

from app.arguments import COMMANDS
from app.ui.actions import ACTIONS, SPECS, ActionSpec

REPOSITORY = Path(__file__).parents[1]
FEATURES = (REPOSITORY / "docs" / "features.md").read_text(encoding="utf-8")
GUIDE = REPOSITORY / "docs" / "guide"
PAGES = sorted(GUIDE.glob("*.md"))
DRAWN_BY = REPOSITORY / "docs" / "guide_pictures"

OF_THE_STAGE = {"whole_window", "strip"}
"""What all pictures are drawn with; none themselves."""

NAMED = {key for page in PAGES for key in re.findall(r"<kbd>([^<]+)</kbd>", page.read_text(encoding="utf-8"))}
"""Keys that the guide names: an action stands in it with one of its keys."""

IN_NO_PAGE = {
    **{f"action_person_{row}": "one of the keys between 1 and 9, which the guide names" for row in range(2, 9)},
}
"""Actions that the guide need not name, and why."""

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


@pytest.mark.parametrize("page", [REPOSITORY / "README.md", *PAGES], ids=lambda page: page.stem)
def test_links_of_the_guide_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert "://" in target or (page.parent / target).exists(), target


def test_the_guide_lists_all_its_pages() -> None:
    listed = set(re.findall(r"\]\((\w+\.md)\)", (GUIDE / "README.md").read_text(encoding="utf-8")))
    assert listed == {page.name for page in PAGES} - {"README.md"}


def test_every_picture_is_drawn_by_the_script_and_shown_on_a_page() -> None:
    pictures = {picture.stem for picture in (GUIDE / "pictures").glob("*.png")}
    drawn = {
        name
        for module in DRAWN_BY.glob("*.py")
        for name in re.findall(
            r"^def ([a-z]\w*)\(program: Program\) -> QPixmap:", module.read_text(encoding="utf-8"), re.MULTILINE
        )
    } - OF_THE_STAGE
    shown = {
        name for page in PAGES for name in re.findall(r"!\[[^]]+\]\(pictures/(\w+)\.png\)", page.read_text("utf-8"))
    }
    assert pictures == drawn == shown


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "README.md"], ids=lambda page: page.stem)
def test_each_page_has_a_picture(page: Path) -> None:
    assert "](pictures/" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("spec", ACTIONS, ids=lambda spec: spec.object_name)
def test_the_guide_names_every_action(spec: ActionSpec) -> None:
    is_named = not NAMED.isdisjoint(spec.keys)
    assert is_named != (spec.object_name in IN_NO_PAGE), f"{spec.text}: {', '.join(spec.keys)}"
