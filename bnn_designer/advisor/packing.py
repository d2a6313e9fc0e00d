"""Rules about how well a binary layer fits LCE's words, tiles and kernels."""

from __future__ import annotations

import math
from collections.abc import Iterator

from bnn_designer.advisor.finding import Evidence, Found
from bnn_designer.advisor.sources import DERIVED, OPTIMIZATION
from bnn_designer.advisor.subject import Subject
from bnn_designer.design.blocks import BinaryConv, BinaryDense, Branches, DenseBlock, Flatten, Shortcut
from bnn_designer.design.edits import Add, Edit, Move, Remove, Update
from bnn_designer.graph import Layer, ops
from bnn_designer.graph.passes.program import WORD_BITS, tensor_bytes
from bnn_designer.units import bytes_text, percent_text

_OUTPUTS = 8
_WINDOW = 128
#: "Near" a multiple of 128: at least this share of the padded row is used. Our reading; the source gives no number.
_NEAR = 2 / 3


def _binary(subject: Subject) -> Iterator[tuple[Layer, ops.Conv2D | ops.Dense, int]]:
    """The layers that an XNOR kernel computes, with their input channels a group."""
    for layer in subject.products:
        op = layer.op
        if isinstance(op, ops.Conv2D | ops.Dense) and op.is_binary:
            groups = op.groups if isinstance(op, ops.Conv2D) else 1
            yield layer, op, subject.graph.input_shapes(layer)[0][-1] // groups


def input_channels(subject: Subject) -> Iterator[Found]:
    """Input channels of a binary layer come in words of 32."""
    for layer, op, channels in _binary(subject):
        whole = -(-channels // WORD_BITS) * WORD_BITS
        if channels == whole or (isinstance(op, ops.Conv2D) and op.groups > 1):
            continue
        yield Found(
            layer.block_id,
            "hint",
            f"The layer reads {channels} channels, which cost as much as {whole}; use a multiple of {WORD_BITS}.",
            (
                Evidence(f"LCE packs channels in words of {WORD_BITS}: 16 cost as much as 32.", OPTIMIZATION),
                Evidence(f"{whole - channels} of {whole} bits of every pixel and filter are padding.", DERIVED),
            ),
        )


def output_channels(subject: Subject) -> Iterator[Found]:
    """Output channels of a binary layer come in tiles of 8; the last layer has one for each class."""
    for layer, _, _ in _binary(subject):
        count, block = layer.output.shape[-1], subject.blocks[layer.block_id]
        if isinstance(block, DenseBlock):
            count = block.growth
        if count % _OUTPUTS == 0 or layer == subject.last:
            continue
        whole = -(-count // _OUTPUTS) * _OUTPUTS
        field = next(name for name in ("filters", "growth", "units") if hasattr(block, name))
        merged = any(isinstance(holder, Shortcut | Branches) for holder in subject.ancestors(block.id))
        yield Found(
            layer.block_id,
            "hint",
            f"The layer has {count} output channels; LCE computes {_OUTPUTS} at a time, so {whole} take the same time.",
            (Evidence(f"Output channels should be a multiple of {_OUTPUTS}.", OPTIMIZATION),),
            # In what is merged, another number of channels would need a projection, or not fit.
            None
            if merged
            else subject.offer(f"Use {whole} {field}", Update(block_id=block.id, changes={field: whole})),
        )


def window_size(subject: Subject) -> Iterator[Found]:
    """Kernel height * width * input channels is near a multiple of 128."""
    for layer, op, channels in _binary(subject):
        window = math.prod(op.kernel_size) if isinstance(op, ops.Conv2D) else 1
        row = window * channels
        whole = -(-row // _WINDOW) * _WINDOW
        if row >= _NEAR * whole:
            continue
        yield Found(
            layer.block_id,
            "hint",
            f"A window has {row} values; kernels are used best near a multiple of {_WINDOW}.",
            (
                Evidence(f"kh * kw * Cin near a multiple of {_WINDOW}; the least important rule.", OPTIMIZATION),
                Evidence(f"{window} * {channels} = {row} of {whole}: {percent_text(row / whole, 0)}.", DERIVED),
            ),
        )


def padding_with_ones(subject: Subject) -> Iterator[Found]:
    """Binary layers with "same" padding are padded with 1, which one bit can hold."""
    for layer, op, _ in _binary(subject):
        if not isinstance(op, ops.Conv2D) or op.padding != "same" or op.pad_values == 1:
            continue
        packs = subject.only_signs_behind(layer)
        if op.kernel_size == (1, 1) and not packs:
            continue  # nothing hangs over the edge
        shape = layer.output.shape
        message = "Zeros pad the signs, and one bit cannot hold them: LCE corrects the sums at the edges"
        evidence = [Evidence("Use pad_values = 1 with same padding.", f"{OPTIMIZATION}; LCE bconv2d.cc")]
        if packs:
            floats, bits = tensor_bytes(shape, 32), tensor_bytes(shape, 1)
            message += ", and does not write packed signs, which is all that is read here"
            text = f"Its output takes {bytes_text(floats)} ({floats:,} bytes) as floats, {bits:,} bytes packed."
            evidence.append(Evidence(text, DERIVED))
        yield Found(
            layer.block_id,
            "warning" if packs else "hint",
            f"{message}.",
            tuple(evidence),
            subject.offer("Pad with ones", Update(block_id=layer.block_id, changes={"pad_values": 1})),
        )


def binary_dense(subject: Subject) -> Iterator[Found]:
    """LCE packs no binary dense layer; as a 1x1 convolution (or one as large as the image) it does."""
    for layer, op, features in _binary(subject):
        block = subject.blocks[layer.block_id]
        if not isinstance(op, ops.Dense) or not isinstance(block, BinaryDense):
            continue
        words = -(-features // WORD_BITS)
        edits = _as_convolution(subject, block)
        yield Found(
            block.id,
            "warning",
            "LCE has no binary dense kernel: left as it is, this layer becomes float, with 32-bit weights.",
            (
                Evidence(
                    f"{features} * {op.units} * 4 = {features * op.units * 4:,} bytes as floats; "
                    f"{words} words * 4 * {op.units} = {words * 4 * op.units:,} as a binary convolution.",
                    DERIVED,
                ),
                Evidence(
                    "BinaryNet's file has 23,733,428 bytes that way, and 1,345,968 with 1x1 convolutions.",
                    "LCE#53; LCE 0.16.0",
                ),
            ),
            subject.offer("Make it a binary convolution", *edits) if edits else None,
        )


def _as_convolution(subject: Subject, block: BinaryDense) -> tuple[Edit, ...]:
    """The flatten moves behind; a kernel as large as the image computes the same sums, in the same order of weights."""
    flatten = subject.neighbor(block.id, -1)
    shape = next(
        (subject.graph.input_shapes(one)[0] for one in subject.graph.layers if flatten and one.block_id == flatten.id),
        (),
    )
    if not isinstance(flatten, Flatten) or len(shape) != 3:
        return ()
    fields = {name: value for name, value in block if name not in ("kind", "units")}
    conv = BinaryConv(filters=block.units, kernel_size=(shape[0], shape[1]), padding="valid", **fields)
    position = subject.positions[block.id]
    return (
        Remove(block_id=block.id),
        Add(block=conv, parent=position.parent_id, index=position.index),
        Move(block_id=flatten.id, parent=position.parent_id, index=position.index),
    )


def groups(subject: Subject) -> Iterator[Found]:
    """A grouped binary convolution has a multiple of 32 channels a group, else LCE refuses it."""
    for layer, op, channels in _binary(subject):
        if not isinstance(op, ops.Conv2D) or op.groups == 1 or channels % WORD_BITS == 0:
            continue
        total = channels * op.groups
        fewer = next(
            count
            for count in range(op.groups - 1, 0, -1)
            if count == 1 or (total % (count * WORD_BITS) == 0 and op.filters % count == 0)
        )
        yield Found(
            layer.block_id,
            "error",
            f"{total} channels in {op.groups} groups are {channels} per group, and LCE accepts only multiples of "
            f"{WORD_BITS}.",
            (Evidence(f"Channels per group must be a multiple of {WORD_BITS}.", "LCE prepare_tf.cc"),),
            subject.offer(
                f"Use {fewer} group{'s' * (fewer > 1)}", Update(block_id=layer.block_id, changes={"groups": fewer})
            ),
        )
