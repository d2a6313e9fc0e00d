"""What a design costs: weights, multiply-accumulates and memory. Pure Python; no TensorFlow, no Streamlit."""

from bnn_designer.cost.report import CostReport, LayerCost, RuntimeMemory, cost

__all__ = ["CostReport", "LayerCost", "RuntimeMemory", "cost"]
