"""Metrics of quantized values (``larq.metrics``); which quantizers have them, :mod:`bnn_designer.larq.context` says."""

from bnn_designer.nn.flip_ratio import FlipRatio

__all__ = ["FlipRatio"]
