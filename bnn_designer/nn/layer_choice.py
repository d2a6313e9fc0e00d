"""What runs in a binary layer where nobody forced a way: XNOR or float products; gradients looked up or multiplied.

XNOR and popcount need signs in words of 64 bits. With few channels those are mostly empty, and packing the input costs
more than the multiplications that it saves; there the whole layer runs in TensorFlow's float ops. The compiled op looks
sums of gradients up in tables (docs/gradients.md). A table of an output pixel is built once and read for every channel
and tap of the input, so on narrow layers building costs more than multiplying; there TensorFlow's float gradients run,
which are as exact as the exact ones, behind the XNOR forward pass.

The choice is a pure function of instruction set and shape, so that the same seed gives the same curve. Nothing is timed
when it is made; the tables below hold what was measured. Batches of 8 to 200 made no difference to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bnn_designer.nn.engine import EngineChoice, Gradients

GradientsUsed = Literal["float", "int16", "int8", "multiplied"]

#: By instruction set: the channels from which on a step of training with XNOR products was no slower than all in float
#: (3x3 convolutions of 32x32 images, two threads, TensorFlow 2.21; for avx2 held to AVX2, where 16 channels alone are
#: even, and a whole network of them gains). Zen 4, 2026-11-27; benchmarks/NOTES.md has the times. The portable loops
#: were no faster at any width, so they are not here. NEON was not timed: its loop has a tenth of the instructions of
#: float multiplications (benchmarks/NOTES.md).
XNOR_FROM_CHANNELS: dict[str, int] = {"avx512": 8, "avx512vnni": 16, "avx512bw": 16, "avx2": 16, "neon": 16}

#: The same for transposed convolutions with strides, which are computed as several small ones. Only ``avx512`` was
#: timed (Zen 4, 2026-11-28; benchmarks/NOTES.md). Without strides one is a plain convolution, as in the table above.
TRANSPOSED_FROM_CHANNELS: dict[str, int] = {"avx512": 128}

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


@dataclass(frozen=True)
class GradientChoice:
    """How a layer's gradients are computed, and one sentence that says why."""

    used: GradientsUsed
    reason: str


def choose_products(isa: str | None, channels: int, transposed: bool = False) -> EngineChoice:
    """The faster way to multiply signs.

    Args:
        isa: the instruction set the compiled op runs on; None where it is unknown.
        channels: of the input that a filter sees; a dense layer's inputs.
        transposed: whether a transposed convolution has strides, and so is several small ones.
    """
    if transposed and isa in XNOR_FROM_CHANNELS and isa not in TRANSPOSED_FROM_CHANNELS:
        return EngineChoice("float", f"transposed convolutions were not timed on {isa}; engine='xnor' asks for bits")
    least = (TRANSPOSED_FROM_CHANNELS if transposed else XNOR_FROM_CHANNELS).get(isa or "")
    if least is None:
        return EngineChoice("float", f"TensorFlow multiplies signs as fast as {isa} loops count them")
    if channels < least:
        return EngineChoice(
            "float", f"with {channels} channels, TensorFlow multiplies as fast as {isa} packs and counts"
        )
    return EngineChoice("xnor", "both operands are signs: XNOR and popcount")


def width(channels: int, taps: int) -> int:
    """What the table is about: a 3x3 convolution of 32 channels has 128, a dense layer of 1024 inputs 1024."""
    return channels * min(taps, MOST_TAPS)


def choose_gradients(isa: str | None, wanted: Gradients, channels: int, taps: int) -> GradientChoice:
    """The faster way to gradients of a layer whose products are XNOR's.

    Args:
        isa: the instruction set the compiled op runs on; None where it is unknown.
        wanted: what was asked for. TensorFlow's gradients are exact, and so keep the promise of every kind.
        channels: of the input that a filter sees.
        taps: of the kernel; 1 for a dense layer.
    """
    least = LOOKUP_FROM_WIDTH.get(isa or "", {}).get(wanted)
    if least is None:
        return GradientChoice(
            "multiplied", f"nothing is known of {isa} looking sums up faster than TensorFlow multiplies"
        )
    if width(channels, taps) < least:
        return GradientChoice(
            "multiplied", f"with {channels} channels, TensorFlow multiplies faster than {isa} looks sums up"
        )
    return GradientChoice(wanted, f"with {channels} channels, {isa} looks sums up faster than TensorFlow multiplies")
