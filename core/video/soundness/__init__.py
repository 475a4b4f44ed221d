"""What is missing or broken in a clip, found and said."""
