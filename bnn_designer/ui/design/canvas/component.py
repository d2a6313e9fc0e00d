"""The canvas on the page: what it is given, and what comes back from it.

Edits come back as a numbered outbox: the browser sends all that were not acknowledged, and the draft knows the last
number of each browser tab, so that each is applied exactly once, whatever is sent twice or lost on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeGuard

import streamlit as st

from bnn_designer.design import BLOCK_KINDS, Block
from bnn_designer.design.blocks import Container, DenseBlock, Quantized
from bnn_designer.design.clipboard import block_texts
from bnn_designer.graph import ops
from bnn_designer.ui.design.canvas.cards import Card
from bnn_designer.ui.design.canvas.likely import LIKELY
from bnn_designer.ui.design.canvas.operations import Operation
from bnn_designer.ui.shared.look import KIND_GROUPS, PRECISION_COLORS, kind_help, kind_title
from bnn_designer.ui.shared.scripts import script, style

KEY = "canvas"
QUESTIONS = "canvas_questions"
_LONGEST_NAME = 64

_WEB = Path(__file__).parent / "web"
_mount = st.components.v2.component("bnn_designer.canvas", css=style(_WEB, "canvas.css"), js=script(_WEB, "canvas.js"))
_mount_questions = st.components.v2.component("bnn_designer.questions", js=script(_WEB, "questions.js"))


@dataclass(frozen=True)
class Sent:
    """One operation of a browser tab.

    Attributes:
        client: the tab, by a name of its own making.
        number: of the operation; each tab counts from 1.
    """

    client: str
    number: int
    operation: Operation


@dataclass(frozen=True)
class Shown:
    """What the canvas shows.

    Attributes:
        draft_id: each draft has an outbox and a selection of its own.
        cards: one for each block, in reading order.
        blocks: the design's, for the clipboard.
        source, hint: the texts above the first block and below the last.
        undo_steps, redo_steps: how many there are.
        client, acknowledged: the last operation that was dealt with, and whose it was.
        selection: ids, and a version that grows whenever Python selects something.
        announcement: what was done, as a number that grows with each, a sentence, and whether it was refused.
    """

    draft_id: str
    cards: tuple[Card, ...]
    blocks: tuple[Block, ...]
    source: str
    hint: str
    undo_steps: int
    redo_steps: int
    client: str
    acknowledged: int
    selection: tuple[int, tuple[str, ...]]
    announcement: tuple[int, str, bool]


def draw_canvas(shown: Shown, on_outbox: Callable[[], None], on_selected: Callable[[], None]) -> None:
    """Draws it. The callbacks run before the page; :func:`sent` and :func:`selected` read what came."""
    version, ids = shown.selection
    number, text, wrong = shown.announcement
    data = {
        "draft": shown.draft_id,
        "rows": shown.cards,
        "json": block_texts(shown.blocks),
        "groups": _groups(),
        "holders": _holders(),
        "likely": LIKELY,
        "source": shown.source,
        "hint": shown.hint,
        "undo_steps": shown.undo_steps,
        "redo_steps": shown.redo_steps,
        "client": shown.client,
        "acknowledged": shown.acknowledged,
        "selection": {"version": version, "ids": list(ids)},
        "announcement": {"number": number, "text": text, "wrong": wrong},
    }
    _mount(
        key=KEY,
        data=data,
        on_outbox_change=on_outbox,
        on_selected_change=on_selected,
    )


def draw_questions(draft_id: str, answer: Mapping[str, Any] | None) -> None:
    """Draws the way of questions, which is not seen; :func:`asked` has the last one."""
    data = {"draft": draft_id, "answer": answer}
    _mount_questions(key=QUESTIONS, data=data, on_asked_change=lambda: None)


def sent(draft_id: str | None) -> Iterator[Sent]:
    """The operations in the outbox as it last came, in order; what is not one is left out.

    Args:
        draft_id: the draft that the page shows. Operations of another one stay in its outbox until it is shown again.
    """
    outbox = _value(KEY, "outbox")
    if draft_id is None or outbox.get("draft") != draft_id:
        return
    client, operations = outbox.get("client"), outbox.get("operations")
    if _is_name(client) and isinstance(operations, list):
        for operation in operations:
            number = operation.get("number") if isinstance(operation, dict) else None
            if _is_number(number):
                yield Sent(client, number, operation)


def selected(version: int) -> tuple[str, ...] | None:
    """The ids that the canvas says are selected; None where it did not know yet what Python has selected since.

    Args:
        version: how often Python has selected something.
    """
    value = _value(KEY, "selected")
    ids = value.get("ids")
    if value.get("version") != version or not isinstance(ids, list):
        return None
    return tuple(one for one in ids if _is_name(one))


def asked() -> Sent | None:
    """The operation whose cost the canvas asked for last; None: none."""
    question = _value(QUESTIONS, "asked")
    client, number, operation = question.get("client"), question.get("number"), question.get("operation")
    if _is_name(client) and _is_number(number) and isinstance(operation, dict):
        return Sent(client, number, operation)
    return None


def _is_name(value: Any) -> TypeGuard[str]:
    """Of a tab or a block: both are kept in the store or in the address."""
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and value.isascii() and value.isprintable()


def _is_number(value: Any) -> TypeGuard[int]:
    """Of an operation: one that JavaScript can count to."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53


def _value(key: str, name: str) -> Mapping[str, Any]:
    state = st.session_state.get(key)
    value = state.get(name) if isinstance(state, Mapping) else None
    return value if isinstance(value, Mapping) else {}


@cache
def _groups() -> list[dict[str, Any]]:
    return [
        {"title": title, "kinds": [_kind(kind) | {"color": _color(kind)} for kind in kinds]}
        for title, kinds in KIND_GROUPS.items()
    ]


@cache
def _holders() -> list[dict[str, str]]:
    return [_kind(kind) for kind, block in BLOCK_KINDS.items() if issubclass(block, Container)]


def _kind(kind: str) -> dict[str, str]:
    return {"kind": kind, "title": kind_title(kind), "help": kind_help(kind)}


def _color(kind: str) -> str | None:
    """The color of the precision that a new block of a kind has; None for one without a kernel."""
    block_type = BLOCK_KINDS[kind]
    if issubclass(block_type, Quantized | DenseBlock):
        quantizers = (block_type.model_fields[name].default for name in ("input_quantizer", "kernel_quantizer"))
        return PRECISION_COLORS[ops.precision(*quantizers)]
    return PRECISION_COLORS["float"] if kind in ("conv", "depthwise_conv", "dense") else None
