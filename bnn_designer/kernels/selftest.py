"""Proves on this machine that every instruction set computes what plain NumPy computes."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field

import numpy as np

from bnn_designer.kernels import library, reference
from bnn_designer.kernels.built import library_path
from bnn_designer.kernels.reference import Floats

# Each an awkward one: few or odd channels around the 64 bits of a word, filters around the width of a register.
SHAPES: dict[str, dict[str, tuple[int, ...]]] = {
    "one channel": {"input": (1, 5, 5, 1), "kernel": (3, 3, 1, 1)},
    "odd channels": {"input": (2, 6, 7, 33), "kernel": (3, 2, 33, 5)},
    "63 channels": {"input": (1, 4, 4, 63), "kernel": (3, 3, 63, 9)},
    "64 channels": {"input": (1, 8, 8, 64), "kernel": (3, 3, 64, 64)},
    "65 channels, stride 2": {"input": (2, 9, 9, 65), "kernel": (3, 3, 65, 33), "strides": (2, 2)},
    "128 channels, dilated": {"input": (1, 9, 8, 128), "kernel": (3, 3, 128, 70), "dilations": (2, 2)},
    "1x1": {"input": (3, 5, 5, 128), "kernel": (1, 1, 128, 40)},
    "dense": {"input": (7, 1, 1, 1000), "kernel": (1, 1, 1000, 10)},
}
PADDINGS = {"valid": ("valid", 0), "zeros": ("same", 0), "ones": ("same", 1)}


@dataclass(frozen=True)
class Case:
    """One comparison; `difference` is the largest absolute one, 0 if all values are equal."""

    name: str
    isa: str
    difference: float

    @property
    def ok(self) -> bool:
        """Whether every value was equal."""
        return self.difference == 0


@dataclass(frozen=True)
class SelfTest:
    """All comparisons, or the reason why none could be made."""

    cases: tuple[Case, ...] = field(default=())
    reason: str | None = None

    @property
    def ok(self) -> bool:
        """Whether there were comparisons and all of them agreed."""
        return bool(self.cases) and all(case.ok for case in self.cases)


def self_test() -> SelfTest:
    """Compares every instruction set of this processor with NumPy on all shapes and paddings; takes about a second."""
    reason = library.unavailable_reason()
    if reason is not None:
        return SelfTest(reason=reason)
    info = library.info()
    random = np.random.default_rng(0)
    cases = []
    for name, shape in SHAPES.items():
        x = random.standard_normal(shape["input"], dtype=np.float32)
        kernel = random.standard_normal(shape["kernel"], dtype=np.float32)
        strides = (shape.get("strides", (1, 1))[0], shape.get("strides", (1, 1))[1])
        dilations = (shape.get("dilations", (1, 1))[0], shape.get("dilations", (1, 1))[1])
        for label, (padding, pad_values) in PADDINGS.items():
            expected = reference.conv2d(
                x, kernel, strides=strides, dilations=dilations, padding=padding, pad_values=pad_values
            )
            for isa in info.available_isas:
                y = native_conv2d(isa, x, kernel, strides, dilations, padding, pad_values, expected.shape)
                cases.append(Case(f"{name}, {label}", isa, float(np.max(np.abs(y - expected)))))
    return SelfTest(tuple(cases))


def native_conv2d(
    isa: str,
    x: Floats,
    kernel: Floats,
    strides: tuple[int, int],
    dilations: tuple[int, int],
    padding: str,
    pad_values: int,
    out_shape: tuple[int, ...],
) -> Floats:
    """conv2d through the C interface on one instruction set and one thread, without TensorFlow's op around it.

    Raises:
        ValueError: if this processor or this library does not have the instruction set, or a value is NaN.
    """
    native = library.open_library(library_path()).native
    x, kernel = np.ascontiguousarray(x, np.float32), np.ascontiguousarray(kernel, np.float32)
    y = np.full(out_shape, np.nan, np.float32)  # so that a value never written shows
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in (x, kernel, y)]
    kernel_height, kernel_width, _, filters = kernel.shape
    sizes = (*x.shape, kernel_height, kernel_width, filters, *strides, *dilations)
    result = native.bnn_conv2d(
        isa.encode(), *pointers[:2], *map(ctypes.c_int64, sizes), int(padding == "same"), pad_values, pointers[2]
    )
    if result:
        raise ValueError(f"{isa}: " + {1: "this machine cannot run it.", 2: "an operand holds NaN."}[result])
    return y
