"""Weights files: ours, and public checkpoints under the published names."""
