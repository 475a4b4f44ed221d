"""Poses, projects, video, formats and metrics: everything but the network and the window."""

__version__ = "0.1.0"
"""The program's version, as in pyproject.toml: recorded with every run of a machine."""
