"""The motion bench, and the measures of the starter."""
