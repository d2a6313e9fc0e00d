"""Opens the .tflite files of Larq Compute Engine as designs, with their weights; the bytes are read, never run."""
