"""What holds within a ``with`` statement (``larq.context``).

Where it differs from Larq's: a scope that is left by an error ends too.
"""

from bnn_designer.nn.context import get_training_metrics, metrics_scope, quantized_scope, should_quantize

__all__ = ["get_training_metrics", "metrics_scope", "quantized_scope", "should_quantize"]
