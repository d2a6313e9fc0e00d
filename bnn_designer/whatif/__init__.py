"""What if: variants of a design made by edits, each with its costs. Pure Python."""

from bnn_designer.whatif.run import Outcome, WhatIf, what_if
from bnn_designer.whatif.variants import VARIANTS, Variant

__all__ = ["VARIANTS", "Outcome", "Variant", "WhatIf", "what_if"]
