"""Kills of the program at random moments: `python -m tests.kills --count 500 --seed 1`."""
