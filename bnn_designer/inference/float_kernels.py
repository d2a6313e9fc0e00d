"""Which code makes the engine's float convolutions: a library where there is one, else the engine's own loop."""

from __future__ import annotations

import os
from dataclasses import dataclass

from bnn_designer.inference.errors import EngineError
from bnn_designer.kernels.onednn import OneDnn, open_onednn
from bnn_designer.kernels.toolchain import KernelBuildError

#: Forces one of FLOAT_KERNELS.
VARIABLE = "BNN_FLOAT_KERNELS"
OWN, ONEDNN = "own", "onednn"
FLOAT_KERNELS = (OWN, ONEDNN)
#: Where oneDNN was measured and is faster (docs/engine.md); elsewhere it runs where it is asked for.
MEASURED_SETS = frozenset({"avx2", "avx512", "avx512bw", "avx512vnni"})


@dataclass(frozen=True)
class FloatKernels:
    """The choice.

    Attributes:
        library: the library, or None: the own loop.
        always: the library was asked for, so it runs also where the own loop was measured faster.
        reason: why there is no library, where nobody asked for the own loop: one sentence; else None.
    """

    library: OneDnn | None
    always: bool = False
    reason: str | None = None


def choose(wanted: str | None, isa: str, best_isa: str) -> FloatKernels:
    """The float kernels of an engine.

    Args:
        wanted: one of FLOAT_KERNELS; None: the one in ``BNN_FLOAT_KERNELS``, else the library if it is there and was
            measured with the engine's instruction set. Where that is not the processor's best, somebody wants to see
            what it does, and the library would run another.
        isa: the engine's instruction set.
        best_isa: the best of this processor.

    Raises:
        EngineError: another name, or the library is asked for and cannot be had; how to mend it.
    """
    asked = wanted or os.environ.get(VARIABLE) or None
    if asked == OWN:
        return FloatKernels(None)
    if asked is not None and asked != ONEDNN:
        raise EngineError(
            f"There are no float kernels '{asked}'. Unset {VARIABLE}, or set it to one of: {', '.join(FLOAT_KERNELS)}."
        )
    if asked is None and (isa not in MEASURED_SETS or isa != best_isa):
        why = f"is not measured with {isa}" if isa == best_isa else f"would run {best_isa} here, not {isa}"
        return FloatKernels(None, reason=f"oneDNN {why}. Set {VARIABLE}={ONEDNN} to use it.")
    try:
        return FloatKernels(open_onednn(), always=asked is not None)
    except KernelBuildError as error:
        if asked is None:
            return FloatKernels(None, reason=str(error))
        raise EngineError(f"The float kernels 'onednn' are unavailable: {error}") from error
