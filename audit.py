"""`make audit`: whether a known vulnerability is in one of the exact versions of constraints.txt. Needs the network.

pip-audit does the asking, in an environment of its own (.venv-audit), so that the program's stays as it is.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent
ENVIRONMENT = ROOT / ".venv-audit"
TOOL = "pip-audit==2.10.1"
ASKED = ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json", "--requirement"]


def verdict(found: dict[str, Any]) -> tuple[int, list[str]]:
    """The exit status and the lines that say why, from what pip-audit found."""
    packages = found.get("dependencies", [])
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if len(unknown) == len(packages):
        return 1, [
            "error: the database of vulnerabilities cannot be reached, so nothing was audited: try again online."
        ]
    lines = [
        f"{package['name']} {package['version']}: {one['id']}, mended in {', '.join(one['fix_versions']) or 'none yet'}"
        for package in packages
        for one in package.get("vulns", [])
    ]
    known = len(packages) - len(unknown)
    summary = f"{len(lines)} known vulnerabilities in {known} packages"
    if unknown:
        summary += (
            f"; nothing is known of {len(unknown)} ({', '.join(unknown[:5])}{', ...' if len(unknown) > 5 else ''})"
        )
    return (1 if lines else 0), [*lines, f"{summary}."]


def main() -> int:
    """Asks, and says what was answered."""
    venv.create(ENVIRONMENT, with_pip=True)
    python = str(ENVIRONMENT / "bin" / "python")
    installed = subprocess.run([python, "-m", "pip", "install", "--quiet", TOOL], check=False)  # noqa: S603 - our own words
    if installed.returncode:
        sys.stderr.write(f"error: {TOOL} cannot be installed: the package index cannot be reached.\n")
        return 1
    done = subprocess.run(  # noqa: S603 - our own words
        [python, "-m", "pip_audit", *ASKED, str(ROOT / "constraints.txt")], check=False, capture_output=True, text=True
    )
    try:
        status, lines = verdict(json.loads(done.stdout))
    except ValueError:
        status, lines = 1, [f"error: pip-audit gave no answer: {done.stderr.strip()[-300:]}"]
    sys.stdout.write("\n".join(lines) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
