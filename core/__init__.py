"""Poses, projects, video, formats and metrics: everything but the network and the window."""
