"""The canvas with what it needs of the page: it draws the draft, and makes what it sends into changes of the draft."""

from __future__ import annotations

import streamlit as st

from bnn_designer.cost import DeployOptions
from bnn_designer.cost.partial import Figures
from bnn_designer.design import Design, walk
from bnn_designer.design.blocks import Head
from bnn_designer.design.series import is_one_dimensional, series_text
from bnn_designer.runs.drafts import Draft, Mark
from bnn_designer.runs.faults import StoreFault
from bnn_designer.ui.design.canvas import component
from bnn_designer.ui.design.canvas.announce import announcement
from bnn_designer.ui.design.canvas.cards import cards
from bnn_designer.ui.design.canvas.component import Sent, Shown
from bnn_designer.ui.design.canvas.operations import HISTORY, apply_operation
from bnn_designer.ui.design.canvas.preview import preview
from bnn_designer.ui.shared import drafting, state, tab
from bnn_designer.units import shape_text


def draw_design_canvas(draft: Draft, known: Figures, options: DeployOptions) -> None:
    """Draws the network, and the way of questions about what an edit would cost."""
    design = draft.design
    notes = tab.notes()
    client, acknowledged = notes.acknowledged
    component.draw_canvas(
        Shown(
            draft_id=draft.id,
            cards=cards(design, options),
            blocks=design.blocks,
            source=_source_text(design),
            hint=_hint(design, known),
            undo_steps=draft.undo_steps,
            redo_steps=draft.redo_steps,
            client=client,
            acknowledged=acknowledged,
            selection=(notes.selection_version, state.selected_blocks(design)),
            announcement=notes.announcement,
        ),
        on_outbox=_receive,
        on_selected=_select,
    )
    _draw_questions(draft, options)


@st.fragment
def _draw_questions(draft: Draft, options: DeployOptions) -> None:
    """A part of the page of its own, so that a question while one drags runs nothing else."""
    question = component.asked()
    answer = None
    if question is not None:
        found = preview(draft.design, question.operation, options)
        answer = {"client": question.client, "number": question.number, **found}
    component.draw_questions(draft.id, answer)


def _source_text(design: Design) -> str:
    if is_one_dimensional(design):
        return f"Series {series_text(design.input_shape)}, {design.classes} classes"
    return f"Image {shape_text(design.input_shape)}, {design.classes} classes"


def _hint(design: Design, known: Figures) -> str:
    """What to do next, below the last block; "" where nothing is missing, or the error stands on a card."""
    if not design.blocks:
        return "Start with a convolution: drag it here, press it on the left, or press / and type."
    if known.error is None or known.error_block_id is not None:
        return ""
    if not any(isinstance(block, Head) for _, block in walk(design.blocks)):
        return "Almost there: add a Head, which ends the network with its classes."
    return f"Not finished yet: {known.error.rule}. {known.error.mend}."


# ---- callbacks: they run before the page is drawn


def _select() -> None:
    chosen = component.selected(tab.notes().selection_version)
    if chosen is not None:
        state.select(chosen, by_canvas=True)


def _receive() -> None:
    draft_id = tab.current("draft")
    sent = tuple(component.sent(draft_id))
    notes = tab.notes()
    try:
        for one in sent:
            if draft_id is not None and one.number > state.drafts().applied(draft_id, one.client):
                _apply(one)
            notes.acknowledged = (one.client, one.number)
    except StoreFault as fault:  # not acknowledged: the browser keeps it, and sends it until it can be saved
        state.notify(f"Not saved yet. {fault}")


def _apply(one: Sent) -> None:
    """Applies one operation, exactly once, and says what it did."""
    before: list[Design] = []
    mark = Mark(one.client, one.number)

    def change(design: Design) -> Design:
        before[:] = [design]
        return apply_operation(design, one.operation)

    kind = one.operation.get("kind")
    if kind in HISTORY:
        current = state.current_draft()
        before = [current.design] if current is not None else []
        draft = drafting.undo(mark) if kind == "undo" else drafting.redo(mark)
    else:
        draft = drafting.change_draft(change, mark)
    if draft is None:
        _say(state.last_notice(), wrong=True)
    elif before:
        moved = one.operation.get("ids") if kind in ("move", "step") else None
        chosen = tuple(moved) if isinstance(moved, list) else state.selected_blocks(draft.design)
        _say(announcement(before[0], draft.design, one.operation, chosen))


def _say(text: str, wrong: bool = False) -> None:
    notes = tab.notes()
    number, _, _ = notes.announcement
    notes.announcement = (number + 1, text, wrong)
