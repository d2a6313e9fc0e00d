"""Rules about shortcuts: one around every binary convolution, and what a change of shape takes."""

from __future__ import annotations

from collections.abc import Iterator

from bnn_designer.advisor.finding import Evidence, Fix, Found
from bnn_designer.advisor.sources import DERIVED, GUIDE, ZOO
from bnn_designer.advisor.subject import NOT_PRICED, Subject, quantized
from bnn_designer.design.blocks import (
    BinaryConv,
    BinaryDepthwiseConv,
    BlockBase,
    Branches,
    Repeat,
    Sequence,
    Shortcut,
    children,
)
from bnn_designer.design.document import next_id
from bnn_designer.design.edits import Edit, Update, WrapInShortcut
from bnn_designer.graph import ops
from bnn_designer.units import bytes_text

_WHY = Evidence(
    "High-precision shortcuts greatly improve accuracy; bypass every single convolution, not every two. They raise the "
    "runtime memory.",
    GUIDE,
)
_CONVS = (BinaryConv, BinaryDepthwiseConv)


def in_a_row(block: BlockBase) -> int:
    """How many convolutions of signs run in a row in a block, those with a shortcut of their own left out."""
    if isinstance(block, _CONVS):
        return int(block.input_quantizer is not None and block.input_quantizer.bits == 1)
    inside = [in_a_row(child) for child in children(block)]
    if is_bypass(block):
        return 0 if sum(inside) <= 1 else sum(inside)
    if isinstance(block, Branches):
        return max(inside, default=0)
    return sum(inside) * (block.times if isinstance(block, Repeat) else 1)


def is_bypass(block: BlockBase) -> bool:
    """Whether a block hands on its input beside what it makes of it."""
    if isinstance(block, Branches):
        return any(isinstance(path, Sequence) and not path.body for path in block.body)
    return isinstance(block, Shortcut)


def shortcut_around_every_convolution(subject: Subject) -> Iterator[Found]:
    """A shortcut around every single binary convolution; where one bypasses several, it is the shortcut's finding."""
    told: set[str] = set()
    for layer in subject.products:
        block = subject.blocks[layer.block_id]
        if not isinstance(block, _CONVS) or quantized(layer).input_bits != 1 or layer in (subject.first, subject.last):
            continue
        around = next((holder for holder in subject.ancestors(block.id) if is_bypass(holder)), None)
        at = around or block
        if at.id in told or (around is not None and in_a_row(around) <= 1):
            continue
        told.add(at.id)
        message = (
            f"It bypasses {in_a_row(around)} binary convolutions in a row; a shortcut around every one keeps more."
            if around is not None
            else "No shortcut bypasses this binary convolution: what its sign drops is lost."
        )
        edits = wrap_each(set(subject.blocks), tuple(_without_own(at)))
        several = "Wrap each convolution in a shortcut" if around is not None else "Wrap it in a shortcut"
        fix = subject.offer(several, *edits)
        yield Found(at.id, "hint", message, (_WHY, *_price(subject, fix)), fix)


def _without_own(block: BlockBase) -> Iterator[BinaryConv | BinaryDepthwiseConv]:
    """The convolutions that :func:`in_a_row` counts."""
    if isinstance(block, _CONVS):
        if in_a_row(block):
            yield block
    elif in_a_row(block):
        for child in children(block):
            yield from _without_own(child)


def wrap_each(taken: set[str], convs: tuple[BinaryConv | BinaryDepthwiseConv, ...]) -> tuple[Edit, ...]:
    """Edits that give each convolution a shortcut of its own, with a batch norm where it has none.

    ``taken`` has the ids of the design's blocks.
    """
    edits: list[Edit] = []
    for conv in convs:
        if conv.batch_norm is None:  # the sum of a raw count and a normalized value would be nearly the count
            edits.append(Update(block_id=conv.id, changes={"batch_norm": {}}))
        new = next_id("shortcut", taken)
        taken.add(new)
        edits.append(WrapInShortcut(block_ids=(conv.id,)))
        if max(conv.strides) > 1:
            edits.append(Update(block_id=new, changes={"on_shape_change": "average_pool_pointwise"}))
    return tuple(edits)


def _price(subject: Subject, fix: Fix | None) -> tuple[Evidence, ...]:
    """What the shortcut costs in the memory of this design."""
    if fix is None:
        return ()
    changed = subject.price(fix.edits)
    if changed is None:
        return (NOT_PRICED,)
    now, then = (one.timeline.live_lower_bound_bytes for one in (subject.report, changed))
    text = (
        f"This design's runtime memory would go from {now:,} bytes ({bytes_text(now)}) "
        f"to {then:,} ({bytes_text(then)})."
    )
    return (Evidence(text, "this project's cost model (LCE 0.16.0)"),)


def shortcut_with_change_of_shape(subject: Subject) -> Iterator[Found]:
    """A shortcut whose shape changes takes a full-precision 1x1 convolution with a batch norm, behind an average pool.

    Passing the input twice (ReActNet) keeps all of it in full precision too, and is not a finding.
    """
    for layer in subject.graph.layers:
        block = subject.blocks[layer.block_id]
        if not isinstance(block, Shortcut) or not isinstance(layer.op, ops.Conv2D):
            continue
        strides, evidence = layer.op.strides, [Evidence("Bi-Real Net: 2x2 average pool, 1x1 convolution, BN.", ZOO)]
        problems, changes = [], dict[str, object]()
        if max(strides) > 1:
            pixels = strides[0] * strides[1]
            problems.append(f"its 1x1 convolution reads one pixel of {pixels} and drops the others")
            changes["on_shape_change"] = "average_pool_pointwise"
            evidence.append(
                Evidence(f"A 1x1 kernel with strides {strides[0]}, {strides[1]} reads 1 / {pixels}.", DERIVED)
            )
        if block.batch_norm is None:
            problems.append("no batch norm follows its 1x1 convolution")
            changes["batch_norm"] = {}
        if problems:
            yield Found(
                block.id,
                "hint",
                f"The shape changes in this shortcut, and {' and '.join(problems)}.",
                tuple(evidence),
                subject.offer("Bypass as Bi-Real Net does", Update(block_id=block.id, changes=changes)),
            )
