"""Starts FAMI-Pose Review: the window, or a command of the command line."""

import sys

from app.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
