"""The inference engine: runs a packed network, without TensorFlow. See docs/engine.md."""

from bnn_designer.inference.engine import Engine
from bnn_designer.inference.errors import EngineError

__all__ = ["Engine", "EngineError"]
