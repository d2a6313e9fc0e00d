"""The page that looks inside the trained network of a run."""
