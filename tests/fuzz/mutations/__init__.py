"""What is made wrong in a file, by its kind."""
