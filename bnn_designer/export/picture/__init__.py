"""The picture of a network, as files."""
