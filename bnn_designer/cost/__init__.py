"""What a design costs: weights, multiply-accumulates, file and memory. Pure Python; no TensorFlow, no Streamlit."""

import sys

from bnn_designer import CallableRoom
from bnn_designer.cost.deployed import DeployedCost, NotDeployable
from bnn_designer.cost.formula import Formula
from bnn_designer.cost.report import CostReport, LayerCost, cost
from bnn_designer.graph.passes.deploy import DeployOptions

__all__ = [
    "CostReport",
    "DeployOptions",
    "DeployedCost",
    "Formula",
    "LayerCost",
    "NotDeployable",
    "cost",
]

sys.modules[__name__].__class__ = CallableRoom
