"""A packed network as operations on images with channels first, of which graphs of other tools are written."""
