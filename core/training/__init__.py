"""Training: the starter's recipe, and one-click fine-tuning on a project's corrections."""
