"""Whether a design still lowers after edits, found from the few blocks that they touch.

The blocks before the touched ones make what they made, and those behind them read a tensor of the same shape, or the
answer is not known here. So a fix costs the same to check in a design of ten blocks and in one of a thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bnn_designer.design import Block, Design, Position, apply_edit, walk
from bnn_designer.design.blocks import Branches, children
from bnn_designer.design.document import next_id
from bnn_designer.design.edits import Add, Duplicate, Edit, Move, Several, UpdateDesign, WrapInShortcut
from bnn_designer.design.validation import MAX_BLOCKS, MAX_DEPTH
from bnn_designer.errors import DesignError
from bnn_designer.graph import Tensor
from bnn_designer.graph.builder import Builder
from bnn_designer.graph.graph import INPUT_NAME
from bnn_designer.graph.lowering import LOWERINGS
from bnn_designer.graph.shapes import Shape

#: A change of shape is followed through so many blocks behind the touched ones.
_FOLLOWED = 3

#: Edits that no fix is made of, and that are not followed.
_ANYWHERE = (Duplicate, UpdateDesign, Several)

#: A row of blocks and a place in it: the id of the block that holds the row (None: the design), and an index.
_Place = tuple[str | None, int]


@dataclass(frozen=True)
class Row:
    """A part of a row of blocks.

    Attributes:
        parent: the id of the block that holds the row; None: the design.
        first: the first place, counted from 0.
        last: the last place.
    """

    parent: str | None
    first: int
    last: int


class Places:
    """Where the blocks of a design stand, and what each reads and makes.

    Args:
        design: the document, which lowers.
        positions: where each block stands, by its id.
        runs: what each block reads and makes, by its id, each time that it runs.
    """

    def __init__(
        self, design: Design, positions: Mapping[str, Position], runs: Mapping[str, list[tuple[Shape, Shape]]]
    ) -> None:
        self.design, self.positions, self.runs = design, positions, runs

    def still_lowers(self, edits: tuple[Edit, ...]) -> bool | None:
        """Whether the design lowers after the edits; None where that cannot be said from the touched blocks alone."""
        row = self.row(edits)
        if row is None:
            return None
        new = self.new_ids(edits)
        parent, first, last = row.parent, row.first, row.last
        siblings = self.siblings(parent)
        reads = [source for source, _ in self.runs.get(siblings[first].id, [])]
        for end in range(last, min(last + _FOLLOWED, len(siblings))):
            makes = [output for _, output in self.runs.get(siblings[end].id, [])]
            if not reads or len(makes) != len(reads):
                return None
            runs = set(zip(reads, makes, strict=True))
            try:
                changed = _changed(siblings[first : end + 1], edits, new, parent, first)
            except DesignError:  # what is touched may lie outside of the part
                return None
            if self._is_parallel(parent) and (end > first or len(changed) != 1):
                return None
            if self._is_too_large(changed, siblings[first : end + 1], parent):
                return False
            try:
                if all(self._made(changed, source) == output for source, output in runs):
                    return True
            except DesignError:
                return False
        return None

    def _is_too_large(self, changed: tuple[Block, ...], blocks: tuple[Block, ...], parent: str | None) -> bool:
        """Whether a document with the changed blocks in the place of the others would have too many, or too deep."""
        added = sum(1 for _ in walk(changed)) - sum(1 for _ in walk(blocks))
        depth = (len(self._way(parent)) if parent is not None else 0) + max(
            (path.count("/") + 1 for path, _ in walk(changed)), default=0
        )
        return len(self.positions) + added > MAX_BLOCKS or depth > MAX_DEPTH

    def _made(self, blocks: tuple[Block, ...], source: Shape) -> Shape:
        """What blocks in a row make of a tensor."""
        builder = Builder(self.design, LOWERINGS)
        return builder.lower_blocks(blocks, Tensor(INPUT_NAME, source), prefix="").shape

    def new_ids(self, edits: tuple[Edit, ...]) -> list[str | None]:
        """The id of the block that each edit makes in the whole design, as later edits name it."""
        found: list[str | None] = []
        taken = set(self.positions) if any(makes(edit) for edit in edits) else set()
        for edit in edits:
            kind = makes(edit)
            found.append(next_id(kind, taken) if kind else None)
            taken.add(found[-1] or "")
        return found

    def row(self, edits: tuple[Edit, ...]) -> Row | None:
        """The part of the innermost row that holds all that is touched; None where nothing is, or it is not known."""
        if any(isinstance(edit, _ANYWHERE) for edit in edits):
            return None
        new = set(filter(None, self.new_ids(edits)))
        known = {*self.positions, *new}
        if not all(name in known for edit in edits for name in _named(edit)):
            return None
        ways = [way for edit in edits for way in self._ways(edit, new)]
        if not ways:
            return None
        depth = 0
        while all(len(way) > depth + 1 and way[: depth + 1] == ways[0][: depth + 1] for way in ways):
            depth += 1
        parent, places = ways[0][depth][0], {way[depth][1] for way in ways}
        if self._is_parallel(parent) and (
            len(places) > 1 or any(isinstance(edit, Add | Move) and edit.parent == parent for edit in edits)
        ):
            depth -= 1
            parent, places = ways[0][depth][0], {ways[0][depth][1]}
        return Row(parent, min(places), max(places))

    def _is_parallel(self, parent: str | None) -> bool:
        """Whether the blocks of a row are paths beside each other, and do not follow each other."""
        return parent is not None and isinstance(self.positions[parent].block, Branches)

    def _ways(self, edit: Edit, new: set[str]) -> Iterator[list[_Place]]:
        """The way from the outside to each thing that an edit touches; none to blocks that are made before it."""
        for block_id in _touched(edit):
            if block_id not in new:
                yield self._way(block_id)
        if not isinstance(edit, Add | Move) or edit.parent in new:
            return
        around = self._way(edit.parent) if edit.parent is not None else []
        siblings = self.siblings(edit.parent)
        if not siblings and around:
            yield around
        for index in (-1, 0) if siblings else ():
            place = (len(siblings) if edit.index is None else edit.index) + index
            yield [*around, (edit.parent, min(max(place, 0), len(siblings) - 1))]

    def _way(self, block_id: str) -> list[_Place]:
        way: list[_Place] = []
        position: Position | None = self.positions[block_id]
        while position is not None:
            way.insert(0, (position.parent_id, position.index))
            position = self.positions[position.parent_id] if position.parent_id is not None else None
        return way

    def siblings(self, parent: str | None) -> tuple[Block, ...]:
        return self.design.blocks if parent is None else children(self.positions[parent].block)


def _touched(edit: Edit) -> tuple[str, ...]:
    if isinstance(edit, WrapInShortcut):
        return edit.block_ids
    return () if isinstance(edit, Add | UpdateDesign | Several) else (edit.block_id,)


def _named(edit: Edit) -> tuple[str, ...]:
    """The blocks that must be there for the edit."""
    parent = (edit.parent,) if isinstance(edit, Add | Move) and edit.parent is not None else ()
    return _touched(edit) + parent


def makes(edit: Edit) -> str:
    """The kind of block that an edit makes without an id; "" where it makes none."""
    if isinstance(edit, WrapInShortcut):
        return edit.kind
    return edit.block.kind if isinstance(edit, Add) and not edit.block.id else ""


def _changed(
    blocks: tuple[Block, ...], edits: tuple[Edit, ...], new: list[str | None], parent: str | None, first: int
) -> tuple[Block, ...]:
    """A part of a row after the edits.

    A block that an edit makes has another id here than in the whole design, so later edits get that one.

    Raises:
        DesignError: an edit is refused.
    """
    part = Design(blocks=blocks)
    names: dict[str, str] = {}
    for edit, name in zip(edits, new, strict=True):
        if name is not None:
            names[name] = next_id(makes(edit), {block.id for _, block in walk(part.blocks)})
        part = apply_edit(part, translated(edit, names, parent, None, -first))
    return part.blocks


def translated(edit: Edit, names: Mapping[str, str], parent: str | None, holder: str | None, shift: int) -> Edit:
    """The edit as it means the same in another document.

    Args:
        edit: as it was found.
        names: other ids for some blocks.
        parent: the id of the holder of the row whose places the edit counts; None: the design.
        holder: that holder's id in the other document.
        shift: how many places further back things stand there in that row.
    """
    changes: dict[str, Any] = {}
    if isinstance(edit, Add | Move):
        changes["parent"] = holder if edit.parent == parent else names.get(edit.parent or "", edit.parent)
        if edit.parent == parent and edit.index is not None:
            changes["index"] = edit.index + shift
    if isinstance(edit, WrapInShortcut):
        changes["block_ids"] = tuple(names.get(block_id, block_id) for block_id in edit.block_ids)
    elif not isinstance(edit, Add | UpdateDesign | Several):
        changes["block_id"] = names.get(edit.block_id, edit.block_id)
    return edit.model_copy(update=changes)
