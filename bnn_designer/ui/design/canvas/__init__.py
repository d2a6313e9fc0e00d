"""The canvas: the network as cards to drag, to type in and to walk through; drawn by the browser, owned by Python."""
