"""Passes: from the graph to the program that Larq Compute Engine (LCE) 0.16 and TensorFlow Lite run."""

from bnn_designer.graph.passes.deploy import DeployOptions, deploy
from bnn_designer.graph.passes.program import Constant, Operator, Program, Unsupported, Value

__all__ = ["Constant", "DeployOptions", "Operator", "Program", "Unsupported", "Value", "deploy"]
