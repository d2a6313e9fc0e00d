"""The rule about binary chains that leave bits and come back, where a small change would keep them packed."""

from __future__ import annotations

from collections.abc import Iterator

from bnn_designer.advisor.finding import Evidence, Fix, Found
from bnn_designer.advisor.subject import Subject
from bnn_designer.cost.transitions import Transition, Transitions
from bnn_designer.design.blocks import BinaryConv, PoolBatchNorm
from bnn_designer.design.edits import Edit, Update
from bnn_designer.units import bytes_text, sentence


def packed_chain(subject: Subject) -> Iterator[Found]:
    """Between two binary layers nothing is unpacked and packed again that a small change would keep in bits.

    A change is offered only if the program of the changed design has fewer such passes. Padding alone, and the order of
    pool and batch norm alone, are rules of their own.
    """
    told: set[str] = set()
    now = subject.report.transitions
    for one in now.inside:
        label, edits = _change(subject, one)
        if not edits or one.causes[0].block_id in told:
            continue
        told.add(one.causes[0].block_id)
        changed = subject.price(edits)
        if changed is None or changed.transitions.inside_bytes >= now.inside_bytes:
            continue
        then = changed.transitions
        figures = (
            f"The pass reads {one.read_bytes:,} bytes and writes {one.written_bytes:,}, and the operators on the way "
            f"to it move {one.float_bytes:,}. This design: {_passes(now)} inside binary chains; with the change "
            f"{_passes(then)}."
        )
        yield Found(
            one.causes[0].block_id,
            "hint",
            f"A binary chain is broken here, and {one.path} packs signs anew: "
            f"{'; '.join(dict.fromkeys(cause.reason for cause in one.causes))}.",
            (Evidence(figures, "this project's cost model (LCE 0.16.0)"),),
            choices=(Fix(label, edits),),
        )


def _passes(found: Transitions) -> str:
    count = len(found.inside)
    return f"{count} pass{'es' * (count != 1)} of {bytes_text(found.inside_bytes)}"


def _change(subject: Subject, one: Transition) -> tuple[str, tuple[Edit, ...]]:
    """Edits of the blocks that cause the pass; none where a cause has no small remedy, or another rule offers it."""
    kinds: dict[str, set[str]] = {}
    for cause in one.causes:
        kinds.setdefault(cause.block_id, set()).add(cause.kind)
    words: list[str] = []
    edits: list[Edit] = []
    for block_id, causes in kinds.items():
        block, changes = subject.blocks[block_id], dict[str, object]()
        if causes == {"padding"} and isinstance(block, BinaryConv):
            words.append("pad with ones")
            changes = {"pad_values": 1}
        elif causes == {"pool and batch norm"} and isinstance(block, PoolBatchNorm):
            words.append("put the batch norm before the pool")
            changes = {"order": "batch_norm_first"}
        elif causes in ({"average pool"}, {"average pool", "batch norm"}) and isinstance(block, PoolBatchNorm):
            words.append("take the maximum" + ", with the batch norm first" * (block.batch_norm is not None))
            changes = {"pool": "max", "order": "batch_norm_first"}
        if not changes:
            return "", ()
        edits.append(Update(block_id=block_id, changes=changes))
    if len(edits) == 1 and "take" not in words[0]:
        return "", ()
    label = " and ".join(words)
    return sentence(label), tuple(edits)
