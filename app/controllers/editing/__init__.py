"""What the hand changes: poses, people, the queue of what to look at next, runs that are taken back."""
