"""The timeline, and the row of buttons above it."""
