"""How the picture is seen: its tones, and what is drawn around the people of a frame."""
