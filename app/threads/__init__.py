"""Work off the window's thread, and what it hands back to it."""
