"""Poses, projects, video, formats and metrics: everything but the network and the window."""

import os

__version__ = "0.1.0"
"""The program's version, as in pyproject.toml: recorded with every run of a machine."""

# torch's OpenMP threads spin while they wait for each other, unless they are told not to before torch is loaded.
# On two cores beside a busy program, spinning made predicting about ten times slower (docs/adr/0007).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
