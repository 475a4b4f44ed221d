"""The lists beside the picture."""
