"""Which block of one design is which of another: by id, then by kind and position."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence

from bnn_designer.design import Block, Design, positions

Pairs = dict[str, str]


def align(before: Design, after: Design) -> Pairs:
    """Ids of the blocks of ``before`` that are in ``after`` too, each with its id there.

    First those of one id and kind, wherever they stand; then, among the rest, blocks of one kind in parents that
    belong together, in reading order; at last those of one id whose kind has changed.
    """
    old, new = _blocks(before), _blocks(after)
    pairs = {key: key for key, (block, _) in old.items() if key in new and new[key][0].kind == block.kind}
    taken = set(pairs.values())
    free: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key, (block, parent) in new.items():
        if key not in taken:
            free[block.kind, parent].append(key)
    for key, (block, parent) in old.items():  # parents come before what they hold, so they are paired already
        candidates = free[block.kind, pairs.get(parent, parent if not parent else "?")]
        if key not in pairs and candidates:
            pairs[key] = candidates.pop(0)
            taken.add(pairs[key])
    pairs.update({key: key for key in old if key not in pairs and key in new and key not in taken})
    return pairs


def moved(before: Design, after: Design, pairs: Pairs) -> frozenset[str]:
    """Ids (of ``before``) of the blocks that stand in another parent, or in another order among those that stayed."""
    old, new = _blocks(before), _blocks(after)
    place = {key: index for index, key in enumerate(new)}
    found, rows = set(), defaultdict(list)
    for key, partner in pairs.items():
        parent, parent_now = old[key][1], new[partner][1]
        if pairs.get(parent, "" if not parent else None) == parent_now:
            rows[parent].append(key)
        else:
            found.add(key)
    order = {key: index for index, key in enumerate(old)}
    for row in rows.values():
        row.sort(key=order.__getitem__)
        kept = _longest_rising([place[pairs[key]] for key in row])
        found.update(key for index, key in enumerate(row) if index not in kept)
    return frozenset(found)


def _blocks(design: Design) -> dict[str, tuple[Block, str]]:
    """Every block by its id, with its parent's id ("" for the design), in reading order."""
    return {one.block.id: (one.block, one.parent_id or "") for one in positions(design.blocks)}


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """Indices of the longest rising subsequence (patience sorting)."""
    tails: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for index, number in enumerate(numbers):
        place = bisect_left(tails, number)
        previous.append(ends[place - 1] if place else -1)
        tails[place:] = [number, *tails[place + 1 :]]
        ends[place:] = [index, *ends[place + 1 :]]
    kept: set[int] = set()
    index = ends[-1] if ends else -1
    while index >= 0:
        kept.add(index)
        index = previous[index]
    return kept
