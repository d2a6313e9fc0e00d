"""Kernels that are computed anew for every image, because TensorFlow does not fold constants that large.

Read from LCE 0.16.0's conversion of XNOR-Net, whose first dense layer is a 6x6 convolution of 256 channels with 4096
filters: 144 MiB of latent weights stay in the file, and twice as much memory is needed to make signs of them.
"""

from __future__ import annotations

from bnn_designer.graph import ops
from bnn_designer.graph.passes.builder import Builder, zeros
from bnn_designer.graph.passes.program import Constant, Value

#: TensorFlow folds operations on constants only up to so many bytes of operands (kOperandsSizeThreshold, 2^30 bits).
LARGEST_FOLDED_BYTES = 2**27


def convolution_with_computed_kernel(
    build: Builder,
    op: ops.Conv2D,
    source: Value,
    channels: int,
    factors: tuple[tuple[str, int], ...],
    im2col: Value | None,
) -> None:
    """A float convolution of unpacked signs with ``xnor_weight_scale`` of its latent weights; nothing folds into it."""
    kernel = _scaled_signs(build, (*op.kernel_size, channels, op.filters))
    output = Value(build.layer.name, build.layer.output.shape)
    bias = Constant("bias", (op.filters,)) if op.use_bias else zeros(op.filters)
    build.add("CONV_2D", [source, kernel], output, constants={"bias": bias}, mac_factors=factors, im2col=im2col)
    build.finish(output)


def _scaled_signs(build: Builder, shape: tuple[int, ...]) -> Value:
    """clip(w), times the mean of |clip(w)| over each filter, laid out as the convolution reads it."""
    latent = {"latent weights": Constant("latent weights", shape)}
    clipped = _computed(build, "RELU_N1_TO_1", [], shape, "clip", latent)
    sizes = _computed(build, "ABS", [clipped], shape, "abs")
    axes = {"shape": Constant("shape", (3,), shared="all but the filters")}
    scale = _computed(build, "MEAN", [sizes], (1, 1, 1, shape[-1]), "scale", axes)
    signs = build.floats(build.signs(clipped))
    scaled = _computed(build, "MUL", [scale, signs], shape, "kernel")
    order = {"shape": Constant("shape", (4,), shared="filters first")}
    return _computed(build, "TRANSPOSE", [scaled], (shape[-1], *shape[:-1]), "transposed", order)


def _computed(
    build: Builder,
    kind: str,
    inputs: list[Value],
    shape: tuple[int, ...],
    part: str,
    constants: dict[str, Constant] | None = None,
) -> Value:
    output = Value(build.part(part), shape)
    build.add(kind, inputs, output, constants=constants)
    return output
