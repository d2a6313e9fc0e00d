"""The first view of the Compare page: variants of the draft in a table and as bars, and what to do with them."""

from __future__ import annotations

from functools import partial

import streamlit as st

from bnn_designer.compare import FIGURES_BY_NAME, Figure, Outcome, Unknown, WhatIf, figure_text
from bnn_designer.design import Design, apply_edit
from bnn_designer.errors import DesignError
from bnn_designer.runs.drafts import Draft
from bnn_designer.ui.compare.bars import Bar, BarKind, bars_html
from bnn_designer.ui.compare.figure_help import draw_figure_help, draw_notes
from bnn_designer.ui.compare.known import known
from bnn_designer.ui.compare.sources import MOST, draft_source, variant_source
from bnn_designer.ui.compare.sweep_form import draw_form
from bnn_designer.ui.compare.sweep_view import draw_list, draw_open_sweep
from bnn_designer.ui.compare.table.sheet_view import draw_sheet
from bnn_designer.ui.compare.table.values import Picked
from bnn_designer.ui.compare.what_if_table import (
    SHOWN,
    SHOWN_FIGURES,
    changed,
    left_out,
    variant_title,
    variants,
    what_if_sheet,
)
from bnn_designer.ui.compare.words import change_text
from bnn_designer.ui.shared import drafting, state, tab
from bnn_designer.ui.shared.choice_widgets import draw_select, draw_switch
from bnn_designer.ui.shared.choices import choice, choices, choose, choose_several
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import counted

#: One place is the design's own.
_MOST_VARIANTS = MOST - 1
_FIGURE = "file_bytes"
_MEANING = (
    "Each row is this design with one thing changed; a dot means that a figure stays as it is. What a change does to "
    "accuracy takes training runs: tick variants and train them."
)


def draw_what_if(draft: Draft) -> None:
    """The table of variants, what can be done with those that are ticked, what was trained, and bars of one figure."""
    try:
        found = variants(draft.design)
    except DesignError as error:
        st.error(f"Not computable: {escape_markdown(str(error))}", icon="⚠️")
        st.page_link("pages/design.py", label="Open it on the Design page", query_params=tab.link_parameters())
        draw_open_sweep()
        return
    drafting.see(draft)
    possible = {one.variant.name: one for one in changed(found)}
    chosen = tuple(name for name in choices("variants") if name in possible)[:_MOST_VARIANTS]
    shown = choice("show_as", "difference", SHOWN)
    with st.container(horizontal=True, vertical_alignment="center", key="what_if_head"):
        draw_switch("Show", "show_as", shown, SHOWN, "difference", key="what_if_shown")
        draw_figure_help(SHOWN_FIGURES, "what_if_help")
    sheet = what_if_sheet(found, shown, _MOST_VARIANTS)
    draw_sheet(sheet, "what_if_table", chosen=chosen, sort=choice("sort", ""), on_picked=_pick)
    _draw_actions(draft, [possible[name] for name in chosen])
    if chosen:
        draw_form(draft, chosen)
    draw_open_sweep()
    draw_list(draft)
    draw_notes((_MEANING, *left_out(found), *sheet.reasons()))
    _draw_bars(found)


def _pick(picked: Picked) -> None:
    choose_several("variants", picked.chosen[:_MOST_VARIANTS])
    choose("sort", picked.sort)


def _draw_actions(draft: Draft, chosen: list[Outcome]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="what_if_actions"):
        st.button(
            "Set side by side",
            key="variants_aside",
            type="primary",
            disabled=not chosen,
            help="The design and the ticked variants, block by block, with all costs.",
            on_click=_set_aside,
            args=(draft.id, [one.variant.name for one in chosen]),
        )
        only = chosen[0] if len(chosen) == 1 else None
        st.button(
            "Apply to the design",
            key="variant_apply",
            disabled=only is None,
            help=f"{counted(len(only.edits), 'edit')}, as one step that can be undone."
            if only
            else "Tick one variant.",
            on_click=_apply,
            args=(only,),
        )
        if chosen:
            st.button(
                "Untick all", key="variants_none", type="tertiary", on_click=choose_several, args=("variants", ())
            )
            st.markdown(f"{len(chosen)} of at most {_MOST_VARIANTS} ticked")
        else:
            st.markdown("Tick variants to set them beside the design or to train them, or one to apply it.")


def _set_aside(draft_id: str, names: list[str]) -> None:
    choose_several("designs", (draft_source(draft_id), *(variant_source(name) for name in names)))
    choose("part", "side-by-side")


def _apply(outcome: Outcome) -> None:
    applied = drafting.change_draft(partial(_with_edits, outcome)) is not None
    if applied:
        state.notify(f"{variant_title(outcome)}. Undo on the Design page.", "success")
    elif drafting.conflict() is not None:
        state.notify(
            "Somebody else changed this draft after this page had shown it. The Design page asks what to do.",
            "warning",
        )
    if applied:
        _untick()


def _untick() -> None:
    choose_several("variants", ())


def _with_edits(outcome: Outcome, design: Design) -> Design:
    for edit in outcome.edits:
        design = apply_edit(design, edit)
    return design


def _draw_bars(found: WhatIf) -> None:
    name = choice("figure", _FIGURE, FIGURES_BY_NAME)
    with st.container(horizontal=True, vertical_alignment="center", key="what_if_bars_head"):
        headings = {one: figure.heading for one, figure in FIGURES_BY_NAME.items()}
        draw_select(
            "Bars of",
            "figure",
            name,
            headings,
            _FIGURE,
            key="what_if_figure",
            width=320,
            help=FIGURES_BY_NAME[name].help,
        )
    bars, without = _bars(found, FIGURES_BY_NAME[name])
    if bars:
        st.html(bars_html(bars, FIGURES_BY_NAME[name].heading))
    draw_notes((*(["The dashed line is the design as it is."] if bars else []), *without))


def _bars(found: WhatIf, figure: Figure) -> tuple[list[Bar], list[str]]:
    """A bar for the design and each variant that has the figure; sentences on those that have not."""
    base = known(found.design).totals[figure.name]
    bars: list[Bar] = []
    without: list[str] = []
    if isinstance(base, Unknown):
        without.append(f"No bar for the design as it is: {base.reason}.")
    else:
        bars.append(Bar(f"{found.design.name}, as it is", base, figure_text(figure, base), "", "base"))
    for one in changed(found):
        number = known(one.design).totals[figure.name] if one.design else Unknown("")
        if isinstance(number, Unknown):
            without.append(f"No bar for {variant_title(one)}: {number.reason}.")
            continue
        note = "unchanged" if number == base else change_text(base, number)
        bars.append(Bar(variant_title(one), number, figure_text(figure, number), note, _bar_kind(base, number)))
    return bars, without


def _bar_kind(base: float | Unknown, number: float) -> BarKind:
    if isinstance(base, Unknown) or number == base:
        return "same"
    return "less" if number < base else "more"
