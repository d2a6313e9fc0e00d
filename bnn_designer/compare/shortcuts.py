"""Variants of the shortcuts that add: none, one around every two binary convolutions, one around every one."""

from __future__ import annotations

from collections.abc import Iterator

from bnn_designer.advisor.shortcuts import in_a_row
from bnn_designer.compare.editor import Editor, InapplicableError
from bnn_designer.design import Block, walk
from bnn_designer.design import blocks as b
from bnn_designer.design.document import next_id
from bnn_designer.design.edits import Duplicate, Unwrap, Update, WrapInShortcut

#: What may stand between two convolutions of one shortcut.
_BETWEEN = (b.Activation, b.BatchNorm, b.ChannelShift, b.Dropout)
_CHANGE = "average_pool_pointwise"
_CONCATENATES = "its shortcuts concatenate channels, or add to some of them, and later layers need these"

#: Ids of blocks in a row that stand for one convolution with what belongs to it.
Unit = tuple[str, ...]


def no_shortcuts(editor: Editor) -> None:
    """Takes every shortcut that adds away; its body stays."""
    found = list(_adding(editor))
    if not found:
        raise InapplicableError(_CONCATENATES if _concatenates(editor) else "the design has no shortcut")
    for shortcut in found:
        editor.apply(Unwrap(block_id=shortcut.id))


def around_every_one(editor: Editor) -> None:
    """A shortcut around every binary convolution; those around one stay, those around several are taken away."""
    _check(editor)
    for shortcut in list(_adding(editor)):
        if in_a_row(shortcut) > 1:
            editor.apply(Unwrap(block_id=shortcut.id))
    kept = {block.id for shortcut in _adding(editor) for _, block in walk(shortcut.body)}
    for block in _convolutions(editor):
        if block.id not in kept:
            _wrap(editor, (block.id,), block)


def around_every_two(editor: Editor) -> None:
    """A shortcut around every two binary convolutions that follow each other; an odd one out has none."""
    _check(editor)
    _unroll(editor)
    parts: dict[str, Unit] = {}
    for shortcut in list(_adding(editor)):
        row = tuple(block.id for block in shortcut.body)
        inside = [block.id for _, block in walk(shortcut.body) if isinstance(block, b.BinaryConv)]
        editor.apply(Unwrap(block_id=shortcut.id))
        if len(inside) == 1:
            parts.update(dict.fromkeys(row, row))
    pairs = [pair for row in editor.siblings() for pair in _pairs(row, parts)]
    if not pairs:
        raise InapplicableError("no two binary convolutions are consecutive")
    for pair in pairs:
        _wrap(editor, pair, None)


def _pairs(row: tuple[Block, ...], parts: dict[str, Unit]) -> Iterator[Unit]:
    """Runs of blocks that hold two convolutions each, what stands between them included."""
    run: list[str] = []
    convolutions, index = 0, 0
    while index < len(row):
        block = row[index]
        unit = parts.get(block.id, (block.id,))
        members = row[index : index + len(unit)]
        index += len(members)
        if any(in_a_row(member) for member in members):
            if sum(in_a_row(member) for member in members) > 1:
                run, convolutions = [], 0
                continue
            run, convolutions = [*run, *unit], convolutions + 1
            if convolutions == 2:
                yield tuple(run)
                run, convolutions = [], 0
        elif run and isinstance(block, _BETWEEN):
            run += unit
        else:
            run, convolutions = [], 0


def _wrap(editor: Editor, ids: Unit, conv: b.BinaryConv | None) -> None:
    new = next_id("shortcut", {block.id for _, block in walk(editor.design.blocks)})
    if conv is not None and conv.batch_norm is None:
        editor.apply(Update(block_id=conv.id, changes={"batch_norm": {}}))
    editor.apply(WrapInShortcut(block_ids=ids))
    editor.apply(Update(block_id=new, changes={"on_shape_change": _CHANGE}))


def _unroll(editor: Editor) -> None:
    """Writes repeats of one block out, so that convolutions of two repetitions can share a shortcut."""
    for _, block in list(walk(editor.design.blocks)):
        if isinstance(block, b.Repeat) and len(block.body) == 1:
            for _ in range(block.times - 1):
                editor.apply(Duplicate(block_id=block.body[0].id))
            editor.apply(Unwrap(block_id=block.id))


def _adding(editor: Editor) -> Iterator[b.Shortcut]:
    for _, block in walk(editor.design.blocks):
        if isinstance(block, b.Shortcut) and block.merge == "add":
            yield block


def _convolutions(editor: Editor) -> list[b.BinaryConv]:
    """Those whose inputs are signs: behind another the image's or a float's information is not lost."""
    return [
        block
        for _, block in walk(editor.design.blocks)
        if isinstance(block, b.BinaryConv) and block.input_quantizer is not None and block.input_quantizer.bits == 1
    ]


def _check(editor: Editor) -> None:
    if _concatenates(editor):
        raise InapplicableError(_CONCATENATES)
    if not _convolutions(editor):
        raise InapplicableError("the design has no binary convolution")


def _concatenates(editor: Editor) -> bool:
    return any(
        isinstance(block, b.DenseBlock) or (isinstance(block, b.Shortcut) and block.merge != "add")
        for _, block in walk(editor.design.blocks)
    )
