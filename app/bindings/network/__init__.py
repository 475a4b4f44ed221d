"""Binds what the network does, and the weights."""
