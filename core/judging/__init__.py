"""What to look at, and how far a joint can be believed: review, opinions, scores, sizes of people."""
