"""Which blocks really run in bits, on each target, and where floats come in between."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd
import streamlit as st

from bnn_designer.cost import CostReport
from bnn_designer.design import Design, walk
from bnn_designer.targets import TARGETS, Target, Verdict, verdicts
from bnn_designer.ui.design.block_titles import title_at
from bnn_designer.ui.design.canvas.cards import card_title
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.look import STATE_SIGNS, escape_markdown
from bnn_designer.units import bytes_text


@lru_cache(maxsize=32)
def verdicts_of(design: Design) -> dict[str, dict[str, Verdict]]:
    """The verdicts of a design that lowers; kept for the next runs of the page."""
    return verdicts(design)


def draw_bits(report: CostReport, design: Design, selected: str | None) -> None:
    """A table of blocks and targets, the reasons for the selected block, and the passes between floats and bits."""
    found = verdicts_of(design)
    st.caption(
        "What each converter's own rules say of each block. Select a row to see it on the canvas, and why below. "
        "An empty cell: that target's rules say nothing about bits here, as the block is the same on all or is folded "
        f"into another. The targets: {'; '.join(map(_target_text, TARGETS.values()))}."
    )
    blocks = [block for _, block in walk(design.blocks) if block.id in found]
    rows = [
        {"block": card_title(block), **{name: STATE_SIGNS[verdict.state] for name, verdict in found[block.id].items()}}
        for block in blocks
    ]
    st.dataframe(
        pd.DataFrame(rows, columns=["block", *TARGETS]),
        hide_index=True,
        key="bits_table",
        height="content" if len(rows) <= 14 else 520,
        column_config={"block": "Block"}
        | {one.name: st.column_config.TextColumn(one.short, help=f"{one.title}.") for one in TARGETS.values()},
        placeholder="",
        on_select=lambda: state.select_row("bits_table", [block.id for block in blocks]),
        selection_mode="single-row",
    )
    if selected in found:
        draw_verdicts(found[selected])
    _draw_passes(report, design)


def _target_text(target: Target) -> str:
    return target.title if target.short in target.title else f"{target.title} ({target.short})"


def verdicts_text(found: dict[str, Verdict]) -> str:
    """One line: on which targets a block runs in bits, and on which it does not."""
    names: dict[str, list[str]] = {}
    for name, verdict in found.items():
        names.setdefault(verdict.state, []).append(TARGETS[name].short)
    words = {
        "bits": "in bits",
        "int8": "in 8 bits",
        "float": "in float",
        "refused": "refused by",
        "unknown": "not known",
    }
    return " · ".join(f"**{words[kind]}**: {', '.join(names[kind])}" for kind in words if kind in names)


def draw_verdicts(found: dict[str, Verdict]) -> None:
    """Every target's verdict on a block, with its reason and where that is from."""
    for name, verdict in found.items():
        title = escape_markdown(TARGETS[name].title)
        st.markdown(f"{STATE_SIGNS[verdict.state]} · **{title}**: {escape_markdown(verdict.reason)}")
        st.caption(escape_markdown(verdict.source))


def _draw_passes(report: CostReport, design: Design) -> None:
    passes = report.transitions
    st.markdown("**Passes between floats and bits**")
    if not passes.inside:
        st.caption("None inside a chain of binary layers: what one writes in bits, the next one reads in bits.")
        return
    st.caption(
        f"{len(passes.inside)} inside chains of binary layers, {bytes_text(passes.inside_bytes)} read and written for "
        "one image. Each is a whole pass over a tensor; here is what causes it."
    )
    rows = [
        {
            "before": title_at(design, one.path),
            "way": "floats to bits" if one.direction == "pack" else "bits to floats",
            "moves": bytes_text(one.bytes),
            "caused by": ", ".join(dict.fromkeys(title_at(design, cause.path) for cause in one.causes)),
        }
        for one in passes.inside
    ]
    titles = {"before": "Before", "way": "Way", "moves": "Moves", "caused by": "Caused by"}
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="passes_table", column_config=titles)
    for reason, blocks in _reasons(report, design).items():
        st.markdown(f"**{escape_markdown(', '.join(blocks))}**: {escape_markdown(reason)}")


def _reasons(report: CostReport, design: Design) -> dict[str, list[str]]:
    """Every reason once, with the titles of the blocks that it is about: too long for the cell of a table."""
    found: dict[str, dict[str, None]] = {}
    for one in report.transitions.inside:
        for cause in one.causes:
            found.setdefault(cause.reason, {})[title_at(design, cause.path)] = None
    return {reason: list(blocks) for reason, blocks in found.items()}
