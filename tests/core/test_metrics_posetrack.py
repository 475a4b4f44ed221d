import json

import numpy as np
import pytest

from core.errors import FormatError
from core.metrics import posetrack_ap, posetrack_evaluation
from core.metrics.posetrack import inside_polygon


@pytest.mark.parametrize("year", ["17", "18"])
def test_ap_and_mota_equal_the_evaluators_numbers(shared, year):
    folder = shared / "oracles/poseval"
    expected = json.loads((folder / "expected.json").read_text())[year]
    found = posetrack_evaluation(folder / f"gt{year}", folder / f"pred{year}")
    for ours, theirs in (("ap", expected["AP"]["ap"]), ("mota", expected["MOT"]["mota"])):
        names = expected["AP"]["names"]
        for number, name in names.items():
            key = {"neck": "head_bottom", "total": "mean"}.get(name, name)
            assert found[ours][key] == pytest.approx(theirs[int(number)], abs=1e-6), (ours, name)
        assert len(found[ours]) == 16
    assert posetrack_ap(folder / f"gt{year}", folder / f"pred{year}") == found["ap"]


def test_the_two_years_may_be_mixed(shared):
    folder = shared / "oracles/poseval"
    assert posetrack_ap(folder / "gt17", folder / "pred18") == pytest.approx(
        posetrack_ap(folder / "gt18", folder / "pred18")
    )
