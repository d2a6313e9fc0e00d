"""The operators that signs are written as: QONNX's and FINN's own, and plain ONNX's comparison and choice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bnn_designer.larq.onnx.call import Call, Value


def bipolar(call: Call) -> Value:
    """BipolarQuant: +1 where a number is at least 0, else -1, times its scale."""
    source, scale = call.value(signs=True), call.constant(1)
    call.must(scale.size == 1 and float(scale.reshape(-1)[0]) > 0, "its scale is not one number above 0")
    return _signs_of(call, source, float(scale.reshape(-1)[0]))


def _signs_of(call: Call, source: Value, scale: float) -> Value:
    """The signs of a tensor. Whole numbers are moved up by a half first, where a batch norm has moved them before.

    So what is exactly 0 is not brought below by how a batch norm rounds.
    """
    norms, name = call.state.norms, source.tensor.name
    if source.whole and name in norms and call.state.readers[call.node.inputs[0]] == 1:
        factor, offset = norms[name]
        source = call.affine(source, np.ones(len(factor)), np.full(len(offset), 0.5))
        del norms[name]
    return replace(source, signs=True, scale=scale, whole=False)


def greater_or_equal(call: Call) -> Value:
    source = call.value()
    return replace(source, limits=call.per_channel(call.constant(1), source))


def where(call: Call) -> Value:
    """A sign: 1 where a number is at least its limit, else -1, or the other way round."""
    source = call.read[0] if call.read else None
    is_comparison = isinstance(source, Value) and source.limits is not None
    call.must(is_comparison, "it chooses by something else than GreaterOrEqual with a constant")
    assert isinstance(source, Value)
    assert source.limits is not None
    limits, plain = source.limits, replace(source, limits=None)
    above, below = (call.per_channel(call.constant(index), plain) for index in (1, 2))
    call.must(bool((np.abs(above) == 1).all() and (below == -above).all()), "it chooses between others than 1 and -1")
    if (above == 1).all() and not limits.any():
        return replace(plain, signs=True, whole=False)
    # x >= t is x - t + 1/2 > 0 of whole numbers; and x < t is -x + t - 1/2 > 0.
    call.must(plain.whole or bool((above == 1).all()), "it turns signs of numbers that are not whole")
    half = 0.5 if plain.whole else 0.0
    return replace(call.affine(plain, above, above * (half - limits)), signs=True, whole=False)


def multi_threshold(call: Call) -> Value:
    """FINN's form of a sign: one threshold a channel, and -1 or 1."""
    source, limits = call.value(), call.constant(1)
    scale, bias = call.real("out_scale", 1.0), call.real("out_bias", 0.0)
    is_sign = limits.ndim == 2 and limits.shape[1] == 1 and (scale, bias) == (2, -1)
    rule = f"it has {limits.shape[-1]} thresholds, scale {scale:g} and bias {bias:g}; a sign has 1, 2 and -1"
    call.must(is_sign, rule)
    found = call.per_channel(limits.reshape(-1), source)
    if not found.any():
        return replace(source, signs=True, whole=False)
    found = np.ceil(found) if source.whole else found
    half = 0.5 if source.whole else 0.0
    return replace(call.affine(source, np.ones(len(found)), half - found), signs=True, whole=False)
