"""A .tflite file that Larq Compute Engine converts and runs, by a Python of its own."""
