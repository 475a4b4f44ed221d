"""The picture: a frame, the people in it, and what the hand does to them."""
