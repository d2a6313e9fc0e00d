"""The canvas: the network as cards that a person drags, types in and walks through; drawn by the browser, owned by Python."""
