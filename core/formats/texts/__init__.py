"""Text and numbers as label files hold them: JSON, records with their place, names of keypoints and images."""
