"""The Runs page: the list, the curves, and the packed network of a run."""
