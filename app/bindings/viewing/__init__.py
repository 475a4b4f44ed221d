"""Binds what is looked at: timeline, seeing, comparing, checking."""
