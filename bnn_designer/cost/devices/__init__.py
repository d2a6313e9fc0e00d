"""The catalogue of devices, and whether a design fits them."""
