"""Opens ONNX and QONNX files as designs, with their weights; the bytes are read, never run."""
