"""Weights and detectors on this machine: which there are, what they are, how fast, and which are in use. No Qt."""
