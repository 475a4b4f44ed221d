"""How large what a project holds can be: a clip of days, numbers that every language reads, places near a picture."""

MOST_FRAMES = 2**24
"""Three days of video at 60 frames a second."""
MOST_TRACK_ID = 2**53
"""The highest number that JSON carries everywhere."""
FARTHEST_PX = 1e9
"""So far from a picture's corner a coordinate may lie."""
LARGEST_PICTURE_PX = 2**20
"""The longest side of a frame."""
