"""What is done when a project file is damaged: saving what is whole of it, and copies made while it was whole."""
