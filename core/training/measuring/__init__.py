"""How good a network is on people it never saw, and how far its scores can be believed."""
