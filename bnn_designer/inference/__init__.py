"""The inference engine: a trained network, packed into bits and thresholds, in one file, run without TensorFlow.

``pack`` makes a packed network of a Keras model; ``save`` and ``load`` keep it in a file; ``Engine`` runs it. See
docs/engine.md.
"""

from bnn_designer.inference.engine import Engine
from bnn_designer.inference.errors import EngineError, PackedFileError, PackError
from bnn_designer.inference.file import load, save
from bnn_designer.inference.network import PackedNetwork
from bnn_designer.inference.pack import pack

__all__ = ["Engine", "EngineError", "PackError", "PackedFileError", "PackedNetwork", "load", "pack", "save"]
