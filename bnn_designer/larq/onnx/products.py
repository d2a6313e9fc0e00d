"""The operators with kernels, and what is said of their padding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from bnn_designer.design.vocabulary import Padding, Pair
from bnn_designer.graph import ops
from bnn_designer.larq.onnx.call import Call, Constant, Numbers, Pads, Value, as_float32, reordered

#: A file does not say how the gradient of a sign is taken: the plainest way.
_SIGN, _CLIP = "ste_sign", "weight_clip"
_NO_PADS: Pads = (0, 0, 0, 0)


def conv(call: Call) -> Value:
    source = call.value(signs=True, frame=True)
    kernel, scale = _kernel(call, source)
    call.must(kernel.ndim == 4, f"its kernel has {kernel.ndim} axes, and a design has images of two")
    filters, depth, height, width = kernel.shape
    bias = call.constant(2).reshape(-1) if call.has(2) else None
    if not source.is_image:
        wanted = (1, 1) if source.order is None else source.order[:2]
        call.must(
            (height, width) == wanted and source.frame is None, "it lays a kernel of several pixels over a vector"
        )
        return _dense(call, source, kernel.reshape(filters, -1).T, scale, bias)
    groups, channels = call.integer("group", 1), source.tensor.shape[-1]
    call.must(groups > 0 and depth * groups == channels, f"its kernel reads {depth} channels in {groups} groups")
    strides, dilation = _pair(call, "strides"), _pair(call, "dilations")
    reach = (dilation[0] * (height - 1) + 1, dilation[1] * (width - 1) + 1)
    padding, ones = padding_of(call, source, reach, strides)
    shared: dict[str, Any] = {
        "kernel_size": (height, width),
        "strides": strides,
        "dilation": dilation,
        "padding": padding,
        "pad_values": ones,
        **_quantizers(source, scale),
    }
    turned = kernel.transpose(2, 3, 1, 0)
    if depth == 1 and groups == filters == channels > 1:
        op: ops.QuantizedOp = ops.DepthwiseConv2D(**shared)
        turned = turned.transpose(0, 1, 3, 2)
    else:
        op = ops.Conv2D(filters=filters, groups=groups, **shared)
    return _product(call, source, op, turned, scale, bias)


def matmul(call: Call) -> Value:
    source = call.value(signs=True)
    rows, scale = _kernel(call, source)
    call.must(rows.ndim == 2 and not source.is_image, "it multiplies an image, or with something else than a matrix")
    return _dense(call, source, rows, scale, None)


def gemm(call: Call) -> Value:
    source = call.value(signs=True)
    rows, scale = _kernel(call, source)
    call.must(rows.ndim == 2 and not source.is_image, "it multiplies an image, or with something else than a matrix")
    plain = call.real("alpha", 1.0) == call.real("beta", 1.0) == 1 and not call.integer("transA", 0)
    call.must(plain, "it transposes what it reads, or multiplies by numbers of its own")
    if call.integer("transB", 0):
        rows, scale = rows.T, None if scale is None else scale.T
    return _dense(call, source, rows, scale, call.constant(2).reshape(-1) if call.has(2) else None)


def padding_of(call: Call, source: Value, reach: Pair, strides: Pair) -> tuple[Padding, int]:
    """How windows of that reach are laid, and what stands around: 0 or 1."""
    frame, value = source.frame or (_NO_PADS, 0.0)
    pads = call.integers("pads", _NO_PADS)
    image = source.tensor.shape[:2]
    wanted = []
    for size, step, length in zip(image, strides, reach, strict=True):
        needed = max((-(-size // step) - 1) * step + length - size, 0)
        wanted.append((needed // 2, needed - needed // 2))
    same = (wanted[0][0], wanted[1][0], wanted[0][1], wanted[1][1])
    auto = call.node.attributes.get("auto_pad", "NOTSET")
    if auto == "SAME_UPPER":
        pads = same
    call.must(auto in ("NOTSET", "VALID", "SAME_UPPER"), f"its auto_pad is {auto}")
    call.must(not (any(frame) and any(pads)), "it pads what is padded already")
    found = frame if any(frame) else pads
    rule = f"it pads by {found} pixels, and a design pads by none, or here by {same}, as TensorFlow does"
    call.must(found in (_NO_PADS, same), rule)
    is_one = any(frame) and value == 1
    call.must(not any(frame) or value in (0, 1), f"{value:g} stands around the image, and in a design 0 or 1")
    call.must(not is_one or source.signs, "ones stand around numbers, and in a design around signs")
    return ("same" if found == same else "valid"), int(is_one)


def _pair(call: Call, name: str) -> Pair:
    height, width = call.integers(name, (1, 1))
    call.must(min(height, width) > 0, f"its {name} are {height} and {width}")
    return height, width


def _kernel(call: Call, source: Value) -> tuple[Numbers, Numbers | None]:
    """The kernel, and the scale of its signs; None: it is of floats."""
    found = call.read[1] if len(call.read) > 1 else None
    numbers = call.constant(1)
    assert isinstance(found, Constant)
    if found.scale is not None:
        return found.values, found.scale
    if source.signs and bool((np.abs(numbers) == 1).all()):
        return numbers, np.ones((1,) * numbers.ndim)
    return numbers, None


def _quantizers(source: Value, scale: Numbers | None) -> dict[str, Any]:
    kernel = {} if scale is None else {"kernel_quantizer": _SIGN, "kernel_constraint": _CLIP}
    return ({"input_quantizer": _SIGN} if source.signs else {}) | kernel


def _dense(call: Call, source: Value, rows: Numbers, scale: Numbers | None, bias: Numbers | None) -> Value:
    features, units = rows.shape
    read = source.tensor.shape[-1]
    call.must(features == read, f"its kernel has {features} features, and it reads {read}")
    if source.order is not None:
        rows = reordered(rows, source.order)
    op = ops.Dense(units=units, **_quantizers(source, scale))
    return _product(call, replace(source, order=None), op, rows, scale, bias)


def _product(
    call: Call, source: Value, op: ops.QuantizedOp, kernel: Numbers, scale: Numbers | None, bias: Numbers | None
) -> Value:
    """The layer; scales of signs are multiplied behind it, and a bias of floats is its own."""
    outputs = kernel.shape[-1] if not isinstance(op, ops.DepthwiseConv2D) else kernel.shape[-2]
    call.must(bias is None or len(bias) == outputs, f"it makes {outputs} channels, and its bias has another length")
    if bias is not None and not bias.any():
        bias = None
    if scale is None:  # of floats: a scale of the input's signs goes into them
        weights = [as_float32(kernel * source.scale)] + ([] if bias is None else [as_float32(bias)])
        return call.add(replace(op, use_bias=bias is not None), source, weights=weights)
    call.must(scale.size in (1, outputs), f"its signs have a scale of the shape {scale.shape}, and not one a filter")
    found = call.add(op, source, weights=[as_float32(kernel)], whole=source.signs)
    factor = np.broadcast_to(np.asarray(scale, np.float64).reshape(-1), (outputs,)) * source.scale
    if bias is None and (factor == 1).all():
        return found
    return call.affine(found, factor, np.zeros(outputs) if bias is None else bias)


def with_bias(call: Call, value: Value, bias: Numbers) -> Value | None:
    """A product of floats without a bias, with one; None: it is none, or something else reads it too."""
    built = call.state.built
    maker = built.maker(value.tensor)
    if maker is None or not isinstance(maker.op, ops.QuantizedOp) or maker.op.is_binary or maker.op.use_bias:
        return None
    if maker is not built.layers[-1] or call.state.readers[call.node.inputs[0]] != 1:
        return None
    weights = [*built.weights[maker.name](), as_float32(bias)]
    built.layers[-1] = replace(maker, op=replace(maker.op, use_bias=True))
    built.weights[maker.name] = lambda: weights
    return value
