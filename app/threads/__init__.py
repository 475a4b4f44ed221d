"""Work off the window's thread, and where garbage is collected."""
