"""QObjects that act, one a capability: what is open, shown, selected and running, and every change of it."""
