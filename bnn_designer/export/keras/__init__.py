"""Programs of Keras with their weights."""
