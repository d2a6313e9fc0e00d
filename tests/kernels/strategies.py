"""Convolutions to test: every size that stands on either side of a boundary in the kernels."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from hypothesis import strategies as st

from bnn_designer.kernels.reference import Floats

CHANNELS = (1, 3, 33, 63, 64, 65, 128)  # a word holds 64
SPECIAL = (0.0, -0.0, np.inf, -np.inf, 1e-45, -1e-45, 1.2e-38, -1.2e-38)  # zeros, infinities, subnormals


@dataclass(frozen=True)
class Convolution:
    """The arguments of one convolution, and how to make its operands."""

    input_shape: tuple[int, int, int, int]
    kernel_shape: tuple[int, int, int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    padding: str
    pad_values: int
    seed: int

    @property
    def options(self) -> dict[str, object]:
        """The keyword arguments of `binary_conv2d` and of the reference."""
        return {
            "strides": self.strides,
            "dilations": self.dilations,
            "padding": self.padding,
            "pad_values": self.pad_values,
        }

    def operands(self) -> tuple[Floats, Floats]:
        """Input and kernel: normal values, one in ten of them special."""
        random = np.random.default_rng(self.seed)
        return self._values(random, self.input_shape), self._values(random, self.kernel_shape)

    @staticmethod
    def _values(random: np.random.Generator, shape: tuple[int, ...]) -> Floats:
        values = random.standard_normal(shape, dtype=np.float32)
        special = random.choice(np.array(SPECIAL, np.float32), shape)
        return np.where(random.random(shape) < 0.1, special, values).astype(np.float32)


#: Kernels larger than the input, or nearly so: with strides, with taps of which none is inside, with either border.
SMALL_MAPS = tuple(
    Convolution((2, *size, 65), (*kernel, 65, 20), strides, dilations, "same", pad_values, seed=index)
    for index, (size, kernel, (strides, dilations), pad_values) in enumerate(
        product(
            ((1, 1), (1, 6), (2, 2), (5, 2)),
            ((3, 3), (5, 5), (7, 7), (2, 7)),
            (((1, 1), (1, 1)), ((2, 2), (1, 1)), ((3, 1), (1, 1)), ((1, 1), (4, 3))),
            (0, 1),
        )
    )
)


@st.composite
def convolutions(draw: st.DrawFn, min_batch: int = 0) -> Convolution:
    """Any convolution whose kernel fits; with "same" padding it may be larger than the input."""
    side = st.integers(1, 5) | st.just(7)
    kernel_height, kernel_width = draw(side), draw(side)
    dilations = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    padding = draw(st.sampled_from(("same", "valid")))
    extents = ((kernel_height - 1) * dilations[0] + 1, (kernel_width - 1) * dilations[1] + 1)
    least = extents if padding == "valid" else (1, 1)
    height, width = (draw(st.integers(size, size + 1) | st.integers(size, size + 6)) for size in least)
    channels = draw(st.sampled_from(CHANNELS))
    return Convolution(
        (draw(st.integers(min_batch, 3)), height, width, channels),
        (kernel_height, kernel_width, channels, draw(st.integers(1, 70))),
        draw(st.tuples(st.integers(1, 3), st.integers(1, 3))),
        dilations,
        padding,
        draw(st.integers(0, 1)),
        draw(st.integers(0, 2**32 - 1)),
    )
