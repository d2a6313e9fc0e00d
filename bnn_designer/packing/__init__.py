"""From a deployed program and trained weights to a packed network, bits and thresholds in one file.

``pack`` makes a packed network of a Keras model; ``save`` and ``load`` keep it in a file. See docs/engine.md.
"""

from bnn_designer.packing.errors import PackedFileError, PackError
from bnn_designer.packing.file import load, save
from bnn_designer.packing.network import PackedNetwork
from bnn_designer.packing.pack import pack

__all__ = ["PackError", "PackedFileError", "PackedNetwork", "load", "pack", "save"]
