"""A labeller who does not exist: what the program costs a hand on clips whose right labels are known."""
