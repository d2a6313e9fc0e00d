"""The compiled XNOR-popcount kernels: signs packed into bits, products counted instead of multiplied.

Importing this package imports neither TensorFlow nor the compiled library; `available()` builds (at first use) and
loads it, and never raises. The ops themselves are in `bnn_designer.kernels.ops`.
"""

from __future__ import annotations

from bnn_designer.kernels.library import KernelInfo, available, chosen_isa, info, unavailable_reason
from bnn_designer.kernels.selftest import Case, SelfTest, self_test

__all__ = ["Case", "KernelInfo", "SelfTest", "available", "chosen_isa", "info", "self_test", "unavailable_reason"]
