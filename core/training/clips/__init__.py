"""Moving people: clips made of photographs, and real ones."""
