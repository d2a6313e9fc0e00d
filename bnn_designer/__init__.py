"""Design, cost, train and run binarized neural networks."""

__version__ = "0.1.0"
