"""What `make audit` says of what pip-audit found; the asking itself needs the network and is no test's business."""

import audit


def package(name, *, vulns=(), skip=False):
    facts = {"name": name, "version": "1.0"}
    return facts | ({"skip_reason": "not found"} if skip else {"vulns": list(vulns)})


def test_whole_packages_pass():
    assert audit.verdict({"dependencies": [package("a"), package("b")]}) == (
        0, ["0 known vulnerabilities in 2 packages."]
    )  # fmt: skip


def test_a_vulnerability_fails_and_says_where_it_is_mended():
    found = {"dependencies": [package("a", vulns=[{"id": "CVE-1", "fix_versions": ["1.1"]}]), package("b", skip=True)]}
    status, lines = audit.verdict(found)
    assert status == 1 and lines[0] == "a 1.0: CVE-1, mended in 1.1"
    assert lines[1] == "1 known vulnerabilities in 1 packages; nothing is known of 1 (b)."


def test_without_the_network_nothing_is_called_safe():
    status, lines = audit.verdict({"dependencies": [package("a", skip=True)]})
    assert status == 1 and "cannot be reached" in lines[0]
