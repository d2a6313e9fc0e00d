"""Convolutions and dense layers as LCE's converter makes them.

Binary with binary is LceBconv2d, and int8 with int8 an operator of whole numbers (int8.py). Any other mix is a float
operator: its weights stand in the file as float32 whatever quantizer they have, and signs that it reads are unpacked
first. Source: LCE's prepare_patterns_common.td, and the
operators of networks that LCE 0.16.0 converted.
"""

from __future__ import annotations

from bnn_designer.design.vocabulary import FLOAT_BITS
from bnn_designer.graph import ops
from bnn_designer.graph.passes import int8
from bnn_designer.graph.passes.builder import Builder, Node, ones, zeros
from bnn_designer.graph.passes.program import WORD_BITS, Constant, Value, packed_words
from bnn_designer.graph.passes.unfolded import LARGEST_FOLDED_BYTES, convolution_with_computed_kernel


def conv2d(build: Builder, op: ops.Conv2D) -> None:
    source, shape = build.value(), build.layer.output.shape
    channels = source.shape[-1] // op.groups
    window = op.kernel_size[0] * op.kernel_size[1]
    factors = (*_window_factors(shape, op.kernel_size), ("channels per group", channels), ("filters", op.filters))
    packable = op.groups == 1 or channels % WORD_BITS == 0
    if op.is_binary and packable and not _too_large_to_fold(op, window * channels * op.filters):
        _binary_conv(build, op, build.signs(source), op.filters, window, packed_words(channels), factors)
        return
    if op.is_binary and not packable:
        build.refuse(
            f"a binary convolution of {op.groups} groups has {channels} channels per group, and LCE accepts only "
            f"multiples of {WORD_BITS}"
        )
    source = _padded(build, op, _operand(build, op, source))
    weights = Constant("weights", (op.filters, *op.kernel_size, channels), bits=8 if op.is_int8 else FLOAT_BITS)
    pointwise = op.kernel_size == op.strides == op.dilation == (1, 1)
    unfolded = (*shape[:2], window * source.shape[-1] // op.groups)
    im2col = None if pointwise else Value(build.part("im2col"), unfolded, bits=weights.bits)
    scale = op.kernel_quantizer.name if op.kernel_quantizer else ""
    if scale == "xnor_weight_scale" and op.groups == 1 and _too_large_to_fold(op, weights.size_bytes // 4):
        convolution_with_computed_kernel(build, op, source, channels, factors, im2col)
        return
    _float_product(build, op, "CONV_2D", source, weights, shape[-1], factors, im2col)


def depthwise_conv2d(build: Builder, op: ops.DepthwiseConv2D) -> None:
    """LCE has no binary depthwise kernel: signs are unpacked, and the convolution is a float one."""
    shape = build.layer.output.shape
    source = _padded(build, op, _operand(build, op, build.value()))
    factors = (*_window_factors(shape, op.kernel_size), ("channels", shape[-1]))
    weights = Constant("weights", (1, *op.kernel_size, shape[-1]))
    _float_product(build, op, "DEPTHWISE_CONV_2D", source, weights, shape[-1], factors, None)


def dense(build: Builder, op: ops.Dense) -> None:
    """Binary: a 1x1 binary convolution, or, as Keras layers are converted, a float product of unpacked signs."""
    source, units = build.value(), op.units
    features = source.shape[-1] if len(source.shape) == 1 else source.shape[0] * source.shape[1] * source.shape[2]
    factors = (("features", features), ("units", units))
    if op.is_binary and build.dense_as_conv and not _too_large_to_fold(op, features * units):
        if len(source.shape) == 1:
            source = build.reshape(source, (1, 1, features), build.part("reshape"))
        _binary_conv(build, op, build.signs(source), units, 1, packed_words(features), factors)
        return
    _fold_input_batch_norm(build, op)
    source = _operand(build, op, build.value())
    weights = Constant("weights", (units, features), bits=8 if op.is_int8 else FLOAT_BITS)
    _float_product(build, op, "FULLY_CONNECTED", source, weights, units, factors, None)


def _window_factors(output: tuple[int, ...], kernel: tuple[int, int]) -> tuple[tuple[str, int], ...]:
    return (
        ("output height", output[0]),
        ("output width", output[1]),
        ("kernel height", kernel[0]),
        ("kernel width", kernel[1]),
    )


def _binary_conv(
    build: Builder,
    op: ops.QuantizedOp,
    signs: Value,
    filters: int,
    window: int,
    words: int,
    factors: tuple[tuple[str, int], ...],
) -> None:
    kernel, strides, dilation = (1, 1), (1, 1), (1, 1)
    shape: tuple[int, ...] = (1, 1, filters)
    if isinstance(op, ops.Conv2D):
        kernel, strides, dilation = op.kernel_size, op.strides, op.dilation
        shape = build.layer.output.shape
    output = Value(build.layer.name, shape)
    constants = {
        "weights": Constant("weights", (filters, *kernel, words), packed=True),
        "multiplier": ones(filters),
        "bias": zeros(filters),
    }
    node = build.add("LceBconv2d", [signs], output, constants=constants, mac_factors=factors)
    node.packs = writes_bits(op)
    if build.default_kernel and not kernel == strides == dilation == (1, 1):
        # Already in words, so the channels are counted in bits of whole words.
        node.im2col = Value(build.part("im2col"), (*shape[:2], window * words * WORD_BITS), bits=1)
    if _scales(op):  # the magnitudes are its multipliers
        own_factors(node, multiplier=True, bias=False)
    if op.use_bias:
        own_factors(node, multiplier=False, bias=True)
    build.finish(output)


def writes_bits(op: ops.QuantizedOp) -> bool:
    """Whether thresholds are all that a binary layer's sums need, where only a sign reads them.

    "Same" padding with zeros keeps its float output even where nothing hangs over the edge, as in a 1x1 kernel.
    """
    return not isinstance(op, ops.Conv2D) or op.padding == "valid" or op.pad_values == 1


def own_factors(node: Node, *, multiplier: bool, bias: bool) -> None:
    """A binary convolution gets multipliers, or a bias, that no other has."""
    count = (node.output.shape[-1],)
    if multiplier:
        node.constants["multiplier"] = Constant("multiplier", count)
    if bias:
        node.constants["bias"] = Constant("bias", count)
    node.scaled = True


def _operand(build: Builder, op: ops.QuantizedOp, source: Value) -> Value:
    """What a float operator reads: signs are unpacked; other quantizers but int8 have no kernel at all."""
    if op.input_bits == 1:
        return build.floats(build.signs(source))
    if op.is_int8 and isinstance(op, ops.DepthwiseConv2D):
        build.refuse("this project does not deploy depthwise convolutions of 8 bits", unknown=True)
        return source
    if op.is_int8:
        return source
    if op.input_bits != FLOAT_BITS:
        build.refuse(f"LCE has no kernel for inputs of {op.input_bits} bits ({op.input_quantizer})")
    return source


def _padded(build: Builder, op: ops.Convolution, source: Value) -> Value:
    """Float convolutions pad with zeros only; ones are put around the image by an operator of their own."""
    if op.padding != "same" or op.pad_values == 0 or op.reach == (1, 1):
        return source
    sizes, outputs = source.shape[:2], build.layer.output.shape[:2]
    height, width = (
        max((count - 1) * stride + reach, size)
        for size, count, stride, reach in zip(sizes, outputs, op.strides, op.reach, strict=True)
    )
    output = Value(build.part("pad"), (height, width, source.shape[-1]))
    before = [(big - size) // 2 for big, size in zip((height, width), sizes, strict=True)]
    pads = Constant("shape", (4, 2), shared=f"pads {before} {height - sizes[0]} {width - sizes[1]}")
    build.add("PADV2", [source], output, constants={"shape": pads, "value": Constant("value", (), shared="one")})
    return output


def _float_product(
    build: Builder,
    op: ops.QuantizedOp,
    kind: str,
    source: Value,
    weights: Constant,
    outputs: int,
    factors: tuple[tuple[str, int], ...],
    im2col: Value | None,
) -> None:
    output = Value(build.layer.name, build.layer.output.shape, bits=weights.bits)
    constants = {"weights": weights}
    if op.use_bias or (op.is_int8 and kind == "CONV_2D"):  # whole numbers in steps of their own, so none is shared
        constants["bias"] = Constant("bias", (outputs,))
    elif kind != "FULLY_CONNECTED":
        constants["bias"] = zeros(outputs)
    if weights.bits == 8:
        source = int8.quantized(build, source)
    if _too_large_to_fold(op, weights.size_bytes // 4):
        build.refuse(
            f"TensorFlow does not fold operations on constants of more than {LARGEST_FOLDED_BYTES >> 20} MiB, and "
            f"what LCE makes of {op.kernel_quantizer} then is not known",
            unknown=True,
        )
    build.add(kind, [source], output, constants=constants, mac_factors=factors, im2col=im2col)
    build.finish(output)


def _too_large_to_fold(op: ops.QuantizedOp, weights: int) -> bool:
    return _scales(op) and weights * 4 > LARGEST_FOLDED_BYTES


def _scales(op: ops.QuantizedOp) -> bool:
    """Whether the kernel is signs times magnitudes."""
    return op.kernel_quantizer is not None and op.kernel_quantizer.facts.scales


def _fold_input_batch_norm(build: Builder, op: ops.Dense) -> None:
    """A float dense layer takes over a batch norm, or a shift, that only it reads: W (a x + b) = (W a) x + W b.

    Only if it has a bias, which W b becomes part of.
    """
    offset = build.maker()
    if op.input_quantizer or not op.use_bias or offset is None or "offset" not in offset.constants:
        return
    if offset.activation or len(offset.layers) != 1:
        return
    source = offset.inputs[0]
    del build.nodes[offset.name]
    factor = build.nodes.get(source)
    if factor is not None and "factor" in factor.constants and factor.layers == offset.layers:
        source = factor.inputs[0]
        del build.nodes[factor.name]
    build.stands_for[build.layer.inputs[0]] = source
