"""What the canvas shows of every block: one flat list of rows in reading order, as the browser gets it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from bnn_designer.advisor import Finding
from bnn_designer.cost import DeployOptions
from bnn_designer.cost.partial import figures
from bnn_designer.design import Design, Position, positions
from bnn_designer.design.blocks import BlockBase, Branches, ChannelScaling, Container, Repeat, Shortcut
from bnn_designer.design.series import is_one_dimensional, series_text
from bnn_designer.picture.outline import Row, Sums, outline, rows_within
from bnn_designer.ui.design.advice import by_block, findings, worst
from bnn_designer.ui.design.canvas.main_number import main_number
from bnn_designer.ui.shared.look import PRECISION_COLORS, PRECISION_HELP, SEVERITY_SIGNS, block_title
from bnn_designer.units import bit_size_text, bytes_text, digits_text, sentence, shape_text

Card = dict[str, Any]


@lru_cache(maxsize=32)
def cards(design: Design, options: DeployOptions) -> tuple[Card, ...]:
    """A card for each block of the design, with what is known of it; what is not known is left out."""
    known = figures(design, options)
    shape = series_text if is_one_dimensional(design) else shape_text
    rows = outline(design, known)
    advice = by_block(findings(design)) if known.report is not None else {}
    all_macs = known.known.macs
    return tuple(
        _card(row, position, rows_within(rows, place), advice.get(row.block_id, ()), all_macs, shape)
        for place, (row, position) in enumerate(zip(rows, positions(design.blocks), strict=True))
    )


def _card(
    row: Row,
    position: Position,
    inside: tuple[Row, ...],
    advice: tuple[Finding, ...],
    all_macs: int,
    shape: Callable[[tuple[int, ...]], str],
) -> Card:
    block = row.block
    card: Card = {
        "id": block.id,
        "parent": position.parent_id,
        "kind": block.kind,
        "title": card_title(block),
        "detail": row.detail,
        "holds": isinstance(block, Container),
        "moves": _moves(position),
        **_precision(row),
        **_sums(row.sums, all_macs),
        **_advice(advice),
    }
    if row.shape is not None:
        card["shape"] = shape(row.shape)
    if row.error is not None:
        card["error"] = f"{sentence(row.error.rule)}. {row.error.mend}."
    main = main_number(block)
    if main is not None:
        card["main"] = main.to_data()
    if isinstance(block, Container):
        card |= _holder(block, inside, all_macs)
    return card


def card_title(block: BlockBase) -> str:
    """What a card is called: the block's label, else its kind with the number in its id: ``Binary conv 3``."""
    kind = type(block).model_fields["kind"].default
    number = re.fullmatch(rf"{re.escape(kind)}_(\d+)", block.id)
    return f"{block_title(block)} {number[1]}" if number and not block.label else block_title(block)


def _precision(row: Row) -> Card:
    if row.precision == "none":
        return {}
    return {
        "precision": row.precision,
        "letter": row.bits_text,
        "color": PRECISION_COLORS[row.precision],
        "precision_help": f"{row.precision}: {PRECISION_HELP[row.precision]}",
    }


def _sums(sums: Sums, all_macs: int) -> Card:
    """The figures of a block, or of all blocks in one that is folded."""
    found: Card = {}
    if sums.memory_bits:
        found["weights"] = bit_size_text(sums.memory_bits)
    if sums.macs and all_macs:
        found["share"] = sums.macs / all_macs
        found["share_text"] = _share_text(sums.macs / all_macs)
    if sums.peak_bytes:
        found["ram"] = f"+{bytes_text(sums.peak_bytes)}"
    return found


def _share_text(share: float) -> str:
    return "<1 %" if share < 0.01 else f"{digits_text(100 * share, 2)} %" if share < 0.1 else f"{100 * share:.0f} %"


def _advice(advice: tuple[Finding, ...]) -> Card:
    severity = worst(advice)
    if severity is None:
        return {}
    first = next(finding for finding in advice if finding.severity == severity)
    return {"severity": severity, "sign": SEVERITY_SIGNS[severity], "finding": first.message}


def _holder(block: Container, rows: tuple[Row, ...], all_macs: int) -> Card:
    """What only a block that holds others shows; ``rows``: its own, and those of all blocks inside it."""
    return {
        "beside": isinstance(block, Branches),
        "dashed": isinstance(block, Shortcut) and block.merge == "add" and _has_projection(rows),
        "foot": _foot(block),
        "folded": _folded_text(block, rows),
        "within": _sums(sum((row.sums for row in rows), Sums()), all_macs),
    }


def _has_projection(rows: tuple[Row, ...]) -> bool:
    """Whether a shortcut has weights of its own: the convolution that fits its input to the body's shape."""
    return bool(rows and rows[0].sums.macs)


_MERGED = {"add": "⊕ added", "concatenate": "⧺ concatenated", "add_to_last_channels": "⊕ to last channels"}


def _foot(block: Container) -> str:
    """What stands at the end of a block that holds others, where more can be added."""
    merged = "⊗ scaled" if isinstance(block, ChannelScaling) else _MERGED.get(getattr(block, "merge", ""), "")
    add = "+ path" if isinstance(block, Branches) else "+ add"
    return f"{merged} · {add}" if merged else add


def _folded_text(block: Container, rows: tuple[Row, ...]) -> str:
    count = len(rows) - 1
    blocks = f"{count} block{'' if count == 1 else 's'}"
    return f"{block.times} x ({blocks})" if isinstance(block, Repeat) else blocks


def _moves(position: Position) -> list[str]:
    """Which single steps a block can make; :mod:`bnn_designer.design.steps` makes them."""
    index, siblings, inside = position.index, position.siblings, position.parent is not None
    beside = [siblings[place] for place in (index - 1, index + 1) if 0 <= place < len(siblings)]
    steps = {
        "up": index > 0 or inside,
        "down": index + 1 < len(siblings) or inside,
        "in": any(isinstance(block, Container) for block in beside),
        "out": inside,
    }
    return [step for step, possible in steps.items() if possible]
