"""The graph of layers that everything below the design document reads."""

from bnn_designer.graph.graph import Graph, Layer, Tensor
from bnn_designer.graph.lowering import lower

__all__ = ["Graph", "Layer", "Tensor", "lower"]
