"""Which frame of a clip each image of a label file is."""
