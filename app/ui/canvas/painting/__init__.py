"""What is drawn over the picture, and in which tones the picture is."""
