"""What every training shares: recipe, objective, optimiser, engine, memory, accuracy."""
