"""How a binary layer's gradients are computed where nobody forced a way: looked up, or multiplied by TensorFlow.

The compiled op looks sums up in tables (docs/gradients.md). A table of an output pixel is built once and read for every
channel and tap of the input, so on narrow layers building costs more than the multiplications that it saves; there
TensorFlow's float gradients run, which are as exact as the exact ones, behind the same XNOR forward pass.

The choice is a pure function of instruction set and shape, so that the same seed gives the same curve. Nothing is timed
when it is made; the table below holds what was measured.
"""

from __future__ import annotations

from typing import Literal

from bnn_designer.nn.engine import Gradients

GradientsUsed = Literal["float", "int16", "int8", "multiplied"]

#: By instruction set and kind of gradients: the width from which on looking up was faster than multiplying, in steps of
#: a layer (forward and both gradients) on two threads, beside TensorFlow 2.21's; for avx2 beside TensorFlow held to
#: AVX2. Sapphire Rapids, 2026-11-26; benchmarks/NOTES.md has the times. A set that is not here looks nothing up by
#: itself: the portable loops take 10 to 20 times as long as multiplying, and NEON's lookups were never timed on an ARM
#: processor, only counted.
LOOKUP_FROM_WIDTH: dict[str, dict[Gradients, int]] = {
    "avx512": {"float": 128, "int16": 128, "int8": 128},
    "avx512vnni": {"float": 256, "int16": 256, "int8": 128},
    "avx512bw": {"float": 512, "int16": 256, "int8": 128},
    "avx2": {"float": 256, "int16": 256, "int8": 128},
}

#: More taps read a table more often, but TensorFlow multiplies large kernels faster, too: more make no difference.
MOST_TAPS = 4


def width(channels: int, taps: int) -> int:
    """What the table is about: a 3x3 convolution of 32 channels has 128, a dense layer of 1024 inputs 1024."""
    return channels * min(taps, MOST_TAPS)


def choose_gradients(isa: str | None, wanted: Gradients, channels: int, taps: int) -> tuple[GradientsUsed, str]:
    """The faster way, and one sentence that says why.

    Args:
        isa: the instruction set the compiled op runs on; None where it is unknown.
        wanted: what was asked for. TensorFlow's gradients are exact, and so keep the promise of every kind.
        channels: of the input that a filter sees.
        taps: of the kernel; 1 for a dense layer.
    """
    least = LOOKUP_FROM_WIDTH.get(isa or "", {}).get(wanted)
    if least is None:
        return "multiplied", f"nothing is known of {isa} looking sums up faster than TensorFlow multiplies"
    if width(channels, taps) < least:
        return "multiplied", f"with {channels} channels, TensorFlow multiplies faster than {isa} looks sums up"
    return wanted, f"with {channels} channels, {isa} looks sums up faster than TensorFlow multiplies"
