"""The interface for programs: a network as a value, and what is done with one, a function each.

``from bnn_designer import ...`` gives the same names. All else in the package may change between releases. TensorFlow
is loaded by the functions that need it, not before. See docs/api.md.
"""

from bnn_designer.api.exports import export
from bnn_designer.api.models import build_model, pack
from bnn_designer.api.network import Network
from bnn_designer.api.trained import Trained, train
from bnn_designer.cost.report import cost

__all__ = ["Network", "Trained", "build_model", "cost", "export", "pack", "train"]
