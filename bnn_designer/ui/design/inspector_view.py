"""The selected block: what can be done with it, and a form for every field of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import streamlit as st

from bnn_designer.cost.partial import Figures
from bnn_designer.design import Block, Design
from bnn_designer.design.blocks import Container
from bnn_designer.design.edits import Duplicate, Edit, Remove, Unwrap, Update, WrapInShortcut
from bnn_designer.design.moves import following, move_down, move_up
from bnn_designer.ui.design.advice import by_block, findings
from bnn_designer.ui.design.advice_view import draw_findings
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.block_form import draw_form, with_field
from bnn_designer.ui.shared.look import block_title, error_text, escape_markdown, kind_help, kind_title


def draw_inspector(design: Design, known: Figures, selected: str | None) -> None:
    """The selected block's actions and fields; a hint where none is selected."""
    if selected is None:
        st.markdown("**Selected block**")
        st.caption("Select a block in the list to edit it here.")
        return
    block = design.find(selected)
    st.markdown(f"**{escape_markdown(block_title(block))}** :gray[{design.path_of(selected)}]")
    st.caption(kind_help(block.kind))
    if known.error is not None and known.error_block_id == selected:
        st.error(error_text(known.error), icon="⚠️")
    _draw_actions(design, block)
    mine = by_block(findings(design)).get(selected, ())
    if mine and known.report is not None:
        with st.expander(f"Advice: {len(mine)} finding{'s' if len(mine) > 1 else ''}"):
            draw_findings(mine, "inspector", with_path=False)
    draw_form(
        type(block), block.model_dump(), f"block.{selected}", lambda names, value: _update(selected, names, value)
    )


def _update(block_id: str, names: tuple[str, ...], value: Any) -> None:
    def make(design: Design) -> Update:
        values = with_field(design.find(block_id).model_dump(), names, value)
        return Update(block_id=block_id, changes={names[0]: values[names[0]]})

    state.edit(make)


def _draw_actions(design: Design, block: Block) -> None:
    with st.container(horizontal=True, key="actions", gap="xsmall"):
        _action("up", "↑ Up", "Above the previous block; into or out of a container.", design, block, "Alt+Up")
        _action(
            "down",
            "↓ Down",
            "Below the next block; into or out of a container.",
            design,
            block,
            "Alt+Down",
        )
        _action("duplicate", "Duplicate", "A copy right after it.", design, block)
        _action("remove", "Remove", "With everything inside it. Undo brings it back.", design, block)
        if isinstance(block, Container):
            _action("unwrap", "Unwrap", "Keep the blocks, remove the container around them.", design, block)
        _draw_wrap(design, block)


#: What each action does to a block of a design; None where it can do nothing.
_ACTIONS: dict[str, Callable[[Design, str], Edit | None]] = {
    "up": move_up,
    "down": move_down,
    "duplicate": lambda design, block_id: Duplicate(block_id=block_id),
    "remove": lambda design, block_id: Remove(block_id=block_id),
    "unwrap": lambda design, block_id: Unwrap(block_id=block_id),
}


def _action(name: str, label: str, help_text: str, design: Design, block: Block, shortcut: str | None = None) -> None:
    st.button(
        label,
        key=f"action_{name}",
        help=help_text,
        shortcut=shortcut,
        disabled=_ACTIONS[name](design, block.id) is None,
        on_click=_act,
        args=(name,),
    )


def _act(name: str) -> None:
    def make(design: Design) -> Edit | None:
        block_id = state.selected_block(design)
        return _ACTIONS[name](design, block_id) if block_id else None

    state.edit(make)


#: Blocks that can be put around others.
_AROUND = get_args(WrapInShortcut.model_fields["kind"].annotation)


def _draw_wrap(design: Design, block: Block) -> None:
    """A block around this one, or around it and some that follow on its level."""
    rest = following(design, block.id)
    with st.popover("Wrap"):
        kind = st.selectbox("In", _AROUND, format_func=kind_title, key=f"wrap_in.{block.id}")
        st.caption(kind_help(kind))
        last = st.selectbox(
            "From this block up to",
            range(len(rest)),
            format_func=lambda index: (
                "this block only" if index == 0 else f"{block_title(rest[index])} ({rest[index].id})"
            ),
            key=f"wrap_to.{block.id}",
        )
        chosen = tuple(inner.id for inner in rest[: last + 1])
        st.button(
            f"Wrap {len(chosen)} block{'s' if len(chosen) > 1 else ''}",
            key="action_wrap",
            type="primary",
            on_click=_wrap,
            args=(chosen, kind),
        )


def _wrap(chosen: tuple[str, ...], kind: Any) -> None:
    state.edit(lambda _: WrapInShortcut(block_ids=chosen, kind=kind))
