"""The palette and the outline of blocks."""

from __future__ import annotations

from html import escape

import streamlit as st

from bnn_designer.advisor import Finding
from bnn_designer.cost.partial import Figures, figures
from bnn_designer.design import BLOCK_KINDS, Design
from bnn_designer.design.blocks import Flatten
from bnn_designer.design.edits import Add
from bnn_designer.design.moves import add_after, new_block
from bnn_designer.ui.design.advice import by_block, findings, worst
from bnn_designer.ui.design.outline import Row, outline
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.look import (
    INK,
    KIND_GROUPS,
    PRECISION_COLORS,
    PRECISION_HELP,
    SEVERITY_COLORS,
    SEVERITY_SIGNS,
    error_text,
    escape_markdown,
    kind_help,
    kind_title,
)
from bnn_designer.units import UNKNOWN, bit_size_text, count_text, shape_text

_PANE_HEIGHT = 620
_COLUMNS = [5, 7]


def draw_palette(design: Design, selected: str | None) -> None:
    """A button for each kind of block, in groups; a hover says what it does."""
    st.markdown("**Add a block**")
    st.caption(_where(design, selected))
    with st.container(height=_PANE_HEIGHT - 60, border=False, key="palette", gap="xxsmall"):
        for title, kinds in KIND_GROUPS.items():
            st.caption(title)
            for kind in kinds:
                st.button(
                    kind_title(kind),
                    key=f"add_{kind}",
                    width="stretch",
                    help=kind_help(kind),
                    on_click=_add,
                    args=(kind,),
                )


def _where(design: Design, selected: str | None) -> str:
    """Where a press on a palette's button puts the block."""
    if not design.blocks:
        return "The first one reads the image."
    if selected is None:
        return "Goes at the end. Select a block to add after it."
    place = add_after(design, Flatten(), selected)
    return f"Goes into `{selected}`." if place.parent == selected else f"Goes after `{selected}`."


def _add(kind: str) -> None:
    def make(design: Design) -> Add:
        selected = state.selected_block(design)
        channels = channels_at(design, outline(design, figures(design)), selected)
        return add_after(design, new_block(BLOCK_KINDS[kind], channels), selected)

    state.edit(make)


def channels_at(design: Design, rows: tuple[Row, ...], selected: str | None) -> int | None:
    """The channels of the image that reaches the place after a block; None where it is not an image, or not known."""
    ids = [row.block_id for row in rows]
    before = rows[: ids.index(selected) + 1] if selected in ids else rows
    shapes = [row.shape for row in before if row.shape] or [design.input_shape]
    return shapes[-1][-1] if len(shapes[-1]) == 3 else None


def draw_outline(design: Design, rows: tuple[Row, ...], known: Figures, selected: str | None) -> None:
    """The blocks in reading order, indented; a press on one selects it. An error stands at its block."""
    with st.container(key="outline_head"):
        name, figures = st.columns(_COLUMNS, vertical_alignment="center")
        name.markdown("**Blocks**")
        figures.html(_cells("precision", "output", "weights", "MACs", "memory", head=True))
    with st.container(height=_PANE_HEIGHT, border=False, key="outline", gap=None):
        if not rows:
            st.info("Nothing here yet. Add the first block from the palette; a float convolution is the usual start.")
        advice = by_block(findings(design)) if known.report is not None else {}
        for row in rows:
            _draw_row(row, selected, advice.get(row.block_id, ()))
        if rows and known.error is not None and known.error_block_id is None:
            st.info(f"Not finished yet: {error_text(known.error)}")


def _draw_row(row: Row, selected: str | None, advice: tuple[Finding, ...]) -> None:
    name, figures = st.columns(_COLUMNS, vertical_alignment="center")
    indent = "\u2003" * row.depth + ("└ " if row.depth else "")
    warning = "⚠️ " if row.error else ""
    detail = escape_markdown(row.detail)
    if detail and row.block_id != selected:
        detail = f":gray[{detail}]"
    # on the selected row's color none but white can be read
    mark = _advice_mark(advice, colored=row.block_id != selected)
    name.button(
        f"{indent}{warning}**{escape_markdown(row.title)}** {mark}{detail}",
        key=f"row_{row.block_id}",
        type="primary" if row.block_id == selected else "tertiary",
        width="stretch",
        help=" · ".join((f"`{row.block_id}`", *(escape_markdown(finding.message) for finding in advice))),
        on_click=state.set_current,
        args=("block", None if row.block_id == selected else row.block_id),
    )
    known = row.shape is not None
    figures.html(
        _cells(
            "" if row.precision == "none" else row.precision,
            shape_text(row.shape) if row.shape else UNKNOWN,
            count_text(row.params) if row.params else ("" if known else UNKNOWN),
            count_text(row.macs) if row.macs else ("" if known else UNKNOWN),
            bit_size_text(row.memory_bits) if row.memory_bits else ("" if known else UNKNOWN),
        )
    )
    if row.error:
        st.error(error_text(row.error), icon="⚠️")


def _advice_mark(advice: tuple[Finding, ...], colored: bool) -> str:
    """A sign for the worst thing that the advisor says of a block; hints are left to the view Advice."""
    severity = worst(advice)
    if severity is None or severity == "hint":
        return ""
    sign = SEVERITY_SIGNS[severity]
    return f":{SEVERITY_COLORS[severity]}[{sign}] " if colored else f"{sign} "


def _cells(precision: str, shape: str, params: str, macs: str, memory: str, head: bool = False) -> str:
    """The figures of a row, in columns that stand under each other."""
    badge = escape(precision)
    if precision in PRECISION_COLORS and not head:
        badge = (
            f'<span title="{escape(PRECISION_HELP[precision], quote=True)}" style="background:'
            f'{PRECISION_COLORS[precision]};color:{INK};border-radius:.4em;padding:.1em .5em">{badge}</span>'
        )
    cells = "".join(f'<span style="text-align:right">{escape(text)}</span>' for text in (shape, params, macs, memory))
    return (
        '<div style="display:grid;grid-template-columns:4.2em 1.5fr 1fr 1fr 1fr;gap:.5em;font-size:.8rem;'
        f'font-variant-numeric:tabular-nums;white-space:nowrap;{"opacity:.7" if head else ""}">'
        f"<span>{badge}</span>{cells}</div>"
    )
