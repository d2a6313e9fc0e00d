"""How long one image takes: the model, what it is fitted to (published figures, this machine), and the devices."""
