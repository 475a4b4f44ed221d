"""What people bring from other programs, case by case: those of the shared folder, and those of FAMI_CASES."""

import os
from pathlib import Path

import pytest

from tests.cases.harness import Case, cases_of, run_case
from tests.conftest import SHARED

HERE = Path(__file__).parent
SHARED_CASES = SHARED / "data/cases"
FURTHER_CASES = os.environ.get("FAMI_CASES", "")

NOT_YET: dict[str, str] = {}
"""Cases that still fail, and why. Each fails the test when it begins to pass: then it leaves the list."""


def found_cases() -> list[Case]:
    cases = cases_of(SHARED_CASES, HERE) if SHARED_CASES.is_dir() else []
    return cases + (cases_of(Path(FURTHER_CASES)) if FURTHER_CASES else [])


def parameters() -> list[object]:
    if not (cases := found_cases()):
        reason = f"the folder of cases is not at {SHARED_CASES}; set FAMI_SHARED or FAMI_CASES to where it is"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason), id="absent")]
    return [
        pytest.param(
            case,
            id=case.name,
            marks=[pytest.mark.xfail(strict=True, raises=AssertionError, reason=NOT_YET[case.name])]
            if case.name in NOT_YET
            else [],
        )
        for case in cases
    ]


@pytest.mark.parametrize("case", parameters())
def test_case(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home" / name.lower()))
    folder = tmp_path / "case"
    folder.mkdir()
    monkeypatch.chdir(folder)
    run_case(case, folder)


def test_every_expectation_belongs_to_a_case() -> None:
    if not SHARED_CASES.is_dir():
        pytest.skip(f"the folder of cases is not at {SHARED_CASES}")
    named = {path.parent.name for path in HERE.glob("*/case.toml")} | set(NOT_YET)
    assert named <= {case.name for case in cases_of(SHARED_CASES)}
