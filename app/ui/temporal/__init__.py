"""The neighbouring frames that fed a prediction, and how they were aligned."""
