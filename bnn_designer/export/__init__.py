"""Networks in the forms that other tools take: a table from target to writer, verdict and proof.

See docs/exporting.md.
"""

import sys

from bnn_designer import CallableRoom
from bnn_designer.export.curves import Curves
from bnn_designer.export.errors import ExportError
from bnn_designer.export.material import Material
from bnn_designer.export.proof import Proof
from bnn_designer.export.table import TARGETS, Exported, ExportTarget, export_to, proof_of, prover_of, target_named
from bnn_designer.export.written import Written

__all__ = [
    "TARGETS",
    "Curves",
    "ExportError",
    "ExportTarget",
    "Exported",
    "Material",
    "Proof",
    "Written",
    "export_to",
    "proof_of",
    "prover_of",
    "target_named",
]

sys.modules[__name__].__class__ = CallableRoom
