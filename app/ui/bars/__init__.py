"""The bars above and below the picture: messages, proposals, where the labeller is."""
