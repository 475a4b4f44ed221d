"""Widgets: they draw, and say what the hand did."""
