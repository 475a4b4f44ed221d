"""Stage after stage of a recipe, resumable, to a weights file."""
