"""Networks in the forms that other tools take: a table from target to writer, verdict and proof.

See docs/exporting.md.
"""

from bnn_designer.export.errors import ExportError
from bnn_designer.export.table import TARGETS, Exported, ExportTarget, export_to, target_named

__all__ = ["TARGETS", "ExportError", "ExportTarget", "Exported", "export_to", "target_named"]
