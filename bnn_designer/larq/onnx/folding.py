"""Operators of constants alone, such as a kernel's quantizer: what they make is a constant too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bnn_designer.larq.onnx.call import Call, Constant, Numbers, as_float32


def _bipolar(call: Call) -> Constant:
    values, scale = call.constant(0), call.constant(1)
    call.must(bool((scale > 0).all()), "its scale is not above 0")
    return Constant(np.where(values >= 0, np.float32(1), np.float32(-1)), scale)


def _quant(call: Call) -> Constant:
    """QONNX's Quant: whole numbers in so many bits, times a scale; halves to the even one."""
    values, scale, zero, bits = (np.asarray(call.constant(index), np.float64) for index in range(4))
    call.must(bits.size == 1 and 1 <= float(bits.reshape(-1)[0]) <= 32, "its width is no number of bits")
    call.must(bool((scale > 0).all()), "its scale is not above 0")
    mode = call.node.attributes.get("rounding_mode", "ROUND")
    call.must(mode == "ROUND", f"it rounds by {mode}")
    width = float(bits.reshape(-1)[0])
    signed, narrow = bool(call.integer("signed", 1)), bool(call.integer("narrow", 0))
    low = -(2 ** (width - 1)) + narrow if signed else 0.0
    high = 2 ** (width - 1) - 1 if signed else 2**width - 1 - narrow
    whole = np.rint(np.clip(_against(call, values / scale + zero, values), low, high))
    found = as_float32((whole - zero) * scale)
    magnitudes = np.unique(np.abs(found))
    if signed and len(magnitudes) == 1 and magnitudes[0] > 0 and scale.size == 1:  # of two numbers: signs
        return Constant(np.sign(found), magnitudes)
    return Constant(found)


def _against(call: Call, found: Numbers, values: Numbers) -> Numbers:
    call.must(found.shape == values.shape, "its numbers have another shape than what it quantizes")
    return found


def _cast(call: Call) -> Constant:
    call.must(call.integer("to", 1) in (1, 10, 11, 6, 7), "it makes a type that is not read")
    values = call.constant(0)
    return Constant(as_float32(values) if call.integer("to", 1) in (1, 10, 11) else values.astype(np.int64))


def _transpose(call: Call) -> Constant:
    (found,) = call.read
    assert isinstance(found, Constant)
    axes = call.node.attributes.get("perm", tuple(range(found.values.ndim))[::-1])
    fits = isinstance(axes, tuple) and sorted(axes) == list(range(found.values.ndim))
    call.must(fits and (found.scale is None or found.scale.size == 1), "it orders axes that are not there")
    assert isinstance(axes, tuple)
    return Constant(found.values.transpose(axes), found.scale)


def _reshape(call: Call) -> Constant:
    found, sizes = call.read[0], [int(size) for size in call.constant(1).reshape(-1)]
    assert isinstance(found, Constant)
    call.must(found.scale is None or found.scale.size == 1, "it changes the shape of signs with a scale a filter")
    sizes = [found.values.shape[at] if size == 0 and at < found.values.ndim else size for at, size in enumerate(sizes)]
    try:
        return Constant(found.values.reshape(sizes), found.scale)
    except (ValueError, OverflowError):
        call.must(False, f"it makes {sizes} of {found.values.shape}")
        raise


def _same(call: Call) -> Constant:
    found = call.read[0]
    assert isinstance(found, Constant)
    return found


FOLDED: dict[str, Callable[[Call], Constant]] = {
    "BipolarQuant": _bipolar,
    "Cast": _cast,
    "Identity": _same,
    "Quant": _quant,
    "Reshape": _reshape,
    "Transpose": _transpose,
}
