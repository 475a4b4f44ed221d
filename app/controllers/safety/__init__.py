"""What keeps labels when files go wrong: backups, saving elsewhere, repairing, clips that are not the labelled ones."""
