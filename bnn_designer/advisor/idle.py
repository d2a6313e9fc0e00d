"""The rule about blocks that change nothing: each costs a pass over a tensor, a line to read, or hides a mistake."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from bnn_designer.advisor.finding import Evidence, Fix, Found
from bnn_designer.advisor.sources import DERIVED
from bnn_designer.advisor.subject import Subject
from bnn_designer.design.blocks import (
    Activation,
    BatchNorm,
    Block,
    BlockBase,
    BlurPool,
    Branches,
    ChannelShift,
    Dropout,
    Flatten,
    GlobalPool,
    PoolBatchNorm,
    Repeat,
    Sequence,
)
from bnn_designer.design.edits import Add, Edit, Remove, Unwrap
from bnn_designer.design.vocabulary import Pair
from bnn_designer.graph import Layer, ops
from bnn_designer.graph.shapes import Shape

#: Why a block changes nothing, and the label and the edits that take it out.
_Idle = tuple[str, str, tuple[Edit, ...]]


def changes_nothing(subject: Subject) -> Iterator[Found]:
    """No block hands on just what it gets, each time that it runs."""
    layers: dict[str, list[Layer]] = {}
    for layer in subject.graph.layers:
        layers.setdefault(layer.block_id, []).append(layer)
    for block_id, runs in subject.places.runs.items():
        block = subject.blocks[block_id]
        check = _CHECKS.get(type(block))
        idle = check(subject, block, [source for source, _ in runs], layers.get(block_id, [])) if check else None
        if idle is not None:
            reason, label, edits = idle
            fix: Fix | None = subject.offer(label, *edits)
            yield Found(block_id, "hint", reason, _passes(subject, block_id), fix)


def _passes(subject: Subject, block_id: str) -> tuple[Evidence, ...]:
    """What the block takes all the same, where operators are its own."""
    found = []
    for op in subject.report.program.operators:
        if op.block_id == block_id and op.kind in _OWN:
            read = sum(subject.report.program.values[name].size_bytes for name in op.inputs)
            found.append(f"{op.kind} reads {read:,} bytes and writes {op.output.size_bytes:,}")
    if not found:
        return (Evidence("Without it the network computes the same.", DERIVED),)
    more = f", and so {len(found) - 1} more" if len(found) > 1 else ""
    return (Evidence(f"It runs all the same: {found[0]}{more}.", "this project's cost model (LCE 0.16.0)"),)


#: Operators that are made of nothing else than idle blocks.
_OWN = frozenset(
    {"MAX_POOL_2D", "AVERAGE_POOL_2D", "LceBMaxPool2d", "DEPTHWISE_CONV_2D", "RELU", "RELU_N1_TO_1", "PRELU"}
)


def without(subject: Subject, block: BlockBase, instead: Block | None = None) -> tuple[Edit, ...]:
    """Edits that take a block out, or put another in its place; a path of branches becomes the empty one."""
    position = subject.positions[block.id]
    if instead is None and isinstance(position.parent, Branches):
        instead = Sequence()
    removal = Remove(block_id=block.id)
    return (
        (removal,)
        if instead is None
        else (removal, Add(block=instead, parent=position.parent_id, index=position.index))
    )


def _pool(subject: Subject, block: PoolBatchNorm, sources: list[Shape], layers: list[Layer]) -> _Idle | None:
    norm = BatchNorm(batch_norm=block.batch_norm) if block.batch_norm else None
    if block.pool == "global_average":
        if any(source[:2] != (1, 1) for source in sources):
            return None
        flatten = Flatten()
        edits = without(subject, block, flatten)
        if norm is not None:
            position = subject.positions[block.id]
            edits += (Add(block=norm, parent=position.parent_id, index=position.index + 1),)
        return _ONE_PIXEL, "Use a flatten", edits
    strides = block.strides or block.pool_size
    if not all(keeps_every_pixel(source, block.pool_size, strides) for source in sources):
        return None
    why = "The map is 1 x 1" if all(source[:2] == (1, 1) for source in sources) else "Each window holds one pixel"
    what = f"{why}, so this {block.pool} pool changes nothing"
    if norm is not None:
        return f"{what}; its batch norm does.", "Keep only its batch norm", without(subject, block, norm)
    return f"{what}.", "Remove it", without(subject, block)


def keeps_every_pixel(image: Shape, window: Pair, strides: Pair) -> bool:
    """Whether a pool changes nothing: on each axis there is one pixel, or a window for each."""
    return all(
        size == 1 or (reach, step) == (1, 1) for size, reach, step in zip(image[:2], window, strides, strict=True)
    )


_ONE_PIXEL = (
    "The average of one pixel is that pixel: the pool only makes a vector of it, as a flatten does for nothing."
)


def _global_pool(subject: Subject, block: GlobalPool, sources: list[Shape], layers: list[Layer]) -> _Idle | None:
    if any(source[:2] != (1, 1) for source in sources):
        return None
    return _ONE_PIXEL, "Use a flatten", without(subject, block, Flatten())


def _blur_pool(subject: Subject, block: BlurPool, sources: list[Shape], layers: list[Layer]) -> _Idle | None:
    """On one pixel all neighbors are padding."""
    if any(source[:2] != (1, 1) for source in sources):
        return None
    row = [math.comb(block.kernel_size - 1, index) for index in range(block.kernel_size)]
    middle, total = row[(block.kernel_size - 1) // 2], sum(row)
    factor = math.gcd(middle * middle, total * total)
    share = f"{middle * middle // factor}/{total * total // factor}"
    reason = f"There is one pixel and nothing to blur: the pool only multiplies it by {share}."
    return reason, "Remove it", without(subject, block)


def _flatten(subject: Subject, block: Flatten, sources: list[Shape], layers: list[Layer]) -> _Idle | None:
    if any(len(source) != 1 for source in sources):
        return None
    return "What it flattens is a vector already.", "Remove it", without(subject, block)


def _dropout(subject: Subject, block: Dropout, sources: list[Shape], layers: list[Layer]) -> _Idle | None:
    if block.rate:
        return None
    return "A dropout of rate 0 leaves nothing out.", "Remove it", without(subject, block)


def _repeat(subject: Subject, block: Repeat, sources: list[Shape], layers: list[Layer]) -> _Idle | None:
    if block.times != 1 or isinstance(subject.positions[block.id].parent, Branches):
        return None
    return "What is repeated once is not repeated.", "Take the repeat away", (Unwrap(block_id=block.id),)


def _sequence(subject: Subject, block: Sequence, sources: list[Shape], layers: list[Layer]) -> _Idle | None:
    if block.body or isinstance(subject.positions[block.id].parent, Branches):
        return None
    return (
        "The sequence is empty; only as a path of branches does that mean something.",
        "Remove it",
        without(subject, block),
    )


def _shift(subject: Subject, block: ChannelShift, sources: list[Shape], layers: list[Layer]) -> _Idle | None:
    users = [subject.only_user(layer.name) for layer in layers]
    if not all(user is not None and isinstance(user.op, ops.BatchNorm) for user in users):
        return None
    reason = "The shift does nothing: the batch norm after it subtracts each channel's mean."
    return reason, "Remove it", without(subject, block)


def _activation(subject: Subject, block: Activation, sources: list[Shape], layers: list[Layer]) -> _Idle | None:
    reason = _keeps_its_inputs(subject, block.function, layers)
    return (reason, "Remove it", without(subject, block)) if reason else None


def _keeps_its_inputs(subject: Subject, function: str, layers: list[Layer]) -> str | None:
    if function not in ("relu", "prelu") or not layers:
        return None
    if any(layer.inputs[0] not in subject.non_negative for layer in layers):
        return None
    return f"Nothing that this {function} reads is negative, so it changes nothing."


_CHECKS: dict[type[BlockBase], Callable[[Subject, Any, list[Shape], list[Layer]], _Idle | None]] = {
    PoolBatchNorm: _pool,
    GlobalPool: _global_pool,
    BlurPool: _blur_pool,
    Flatten: _flatten,
    Dropout: _dropout,
    Repeat: _repeat,
    Sequence: _sequence,
    ChannelShift: _shift,
    Activation: _activation,
}
