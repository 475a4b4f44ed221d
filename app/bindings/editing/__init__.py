"""Binds what the hand changes: placing, repeating, ranges, tracks, regions, the queue."""
