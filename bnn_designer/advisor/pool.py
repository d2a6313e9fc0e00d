"""The rule about max pools and batch norms, where accuracy and packed inference ask for opposite orders."""

from __future__ import annotations

from collections.abc import Iterator

from bnn_designer.advisor.finding import Evidence, Fix, Found
from bnn_designer.advisor.idle import keeps_every_pixel
from bnn_designer.advisor.sources import DERIVED, GUIDE
from bnn_designer.advisor.subject import NOT_PRICED, Subject, layer_block, quantized, reads_signs
from bnn_designer.cost import CostReport, DeployedCost
from bnn_designer.design.blocks import PoolBatchNorm
from bnn_designer.design.edits import Update
from bnn_designer.graph import Layer, ops
from bnn_designer.units import bytes_text

_ACCURACY = Evidence(
    "XNOR-Net's authors found higher accuracy with the batch norm after the max pool: a max pool skews what is "
    "binarized after it.",
    GUIDE,
)
_PACKED = Evidence(
    "sign(max(x)) = max(sign(x)): with the batch norm first, LCE pools bits; pool, batch norm, sign pools floats.",
    "LCE#371; LceBMaxPool2d",
)
_SAME = Evidence(
    "A batch norm with gamma > 0 grows with x, so max(BN(x)) = BN(max(x)): the same function in both orders. They "
    "differ where gamma < 0, and in training.",
    DERIVED,
)


def max_pool_and_batch_norm(subject: Subject) -> Iterator[Found]:
    """Max pool before batch norm for accuracy, batch norm before max pool for packed inference."""
    for layer in subject.graph.layers:
        block = subject.blocks[layer.block_id]
        if not isinstance(block, PoolBatchNorm) or block.pool != "max" or not isinstance(layer.op, ops.Pool2D):
            continue
        if keeps_every_pixel(subject.graph.input_shapes(layer)[0], layer.op.pool_size, layer.op.strides):
            continue
        before = subject.maker(layer.inputs[0])
        norm_first = before is not None and isinstance(before.op, ops.BatchNorm)
        behind = subject.only_user(layer.name)
        pool_first = behind is not None and isinstance(behind.op, ops.BatchNorm)
        ends = subject.behind(layer, lambda user: isinstance(user.op, ops.BatchNorm))
        skewed = norm_first and any(reads_signs(end) for end in ends)
        made_by = subject.maker(before.inputs[0]) if norm_first and before else before
        readers = subject.graph.users[(behind if pool_first and behind else layer).name]
        packs = _is_binary(made_by) and len(readers) == 1 and reads_signs(readers[0])
        other = _other_order(subject, block, made_by, before) if norm_first != pool_first else None
        if packs and norm_first != pool_first:
            yield _conflict(subject, layer, other, norm_first)
        elif skewed and not packs:
            yield Found(
                layer.block_id,
                "hint",
                "After this max pool signs are taken without a batch norm in between, so more of them are +1.",
                (_ACCURACY, _SAME),
                other,
            )


def _is_binary(layer: Layer | None) -> bool:
    return layer is not None and isinstance(layer.op, ops.QuantizedOp) and quantized(layer).is_binary


def _other_order(subject: Subject, block: PoolBatchNorm, maker: Layer | None, before: Layer | None) -> Fix | None:
    if block.batch_norm is not None:
        order = "batch_norm_first" if block.order == "pool_first" else "pool_first"
        label = "Put the batch norm first" if order == "batch_norm_first" else "Put the pool first"
        return subject.offer(label, Update(block_id=block.id, changes={"order": order}))
    holder = layer_block(subject, before.block_id) if before is not None else None
    in_front = subject.neighbor(block.id, -1)
    if holder is None or in_front is None or in_front.id != holder.id or holder.batch_norm is None:
        return None
    options = holder.batch_norm.model_dump()
    return subject.offer(
        "Put the pool first",
        Update(block_id=holder.id, changes={"batch_norm": None}),
        Update(block_id=block.id, changes={"batch_norm": options, "order": "pool_first"}),
    )


def _conflict(subject: Subject, layer: Layer, other: Fix | None, norm_first: bool) -> Found:
    now, then = "batch norm, pool", "pool, batch norm"
    if not norm_first:
        now, then = then, now
    changed = subject.price(other.edits) if other else None
    figures = f"This design: {_memory(subject.report)} with {now}"
    figures += f"; {_memory(changed)} with {then}." if changed else "."
    side = "packed inference over accuracy" if norm_first else "accuracy over packed inference"
    return Found(
        layer.block_id,
        "hint",
        f"Two rules conflict here: pool before batch norm for accuracy, batch norm before pool for packed inference. "
        f"The order is {now}: {side}. For gamma > 0 both are the same function.",
        (
            Evidence(figures, "this project's cost model (LCE 0.16.0)"),
            *((NOT_PRICED,) if other and not changed else ()),
            *(_ACCURACY, _PACKED, _SAME),
        ),
        choices=(other,) if other else (),
    )


def _memory(report: CostReport) -> str:
    """What an order needs: the arena, and all that is written between operators."""
    written = sum(op.output.size_bytes for op in report.program.operators)
    deployed = report.deployed
    if isinstance(deployed, DeployedCost):
        return (
            f"arena {bytes_text(deployed.arena_bytes)} ({deployed.arena_bytes:,} bytes), {bytes_text(written)} written"
        )
    return f"at least {bytes_text(report.timeline.live_lower_bound_bytes)} alive, {bytes_text(written)} written"
