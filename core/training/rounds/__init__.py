"""Fine-tuning on a project's corrections."""
