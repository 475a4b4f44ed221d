"""Work that repeats itself: what it would change is computed first, as a `Proposal`, and kept as one edit."""
