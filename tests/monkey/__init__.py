"""A seeded monkey at the window: `python -m tests.monkey --seconds 3600 --seed 1`."""
