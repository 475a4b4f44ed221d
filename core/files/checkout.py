"""Where the checkout lies, what it ships, and the data beside it. Needs nothing but Python."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
"""The checkout."""
RESOURCES = REPOSITORY / "resources"


def shared_path(relative: str) -> Path:
    """A path under the folder of shared data (`FAMI_SHARED`, by default beside the checkout)."""
    root = os.environ.get("FAMI_SHARED", str(REPOSITORY.parent / "shared"))
    return Path(root) / relative
