"""The selected block: what can be done with it, and a form for every field of it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from bnn_designer.design import Block, Design
from bnn_designer.design.blocks import Shortcut
from bnn_designer.design.edits import Duplicate, Edit, Remove, Unwrap, Update, WrapInShortcut
from bnn_designer.ui import state
from bnn_designer.ui.block_form import draw_form
from bnn_designer.ui.look import block_title, escape_markdown, kind_help
from bnn_designer.ui.moves import following, move_down, move_up
from bnn_designer.ui.partial import Figures


def draw_inspector(design: Design, known: Figures, selected: str | None) -> None:
    """The selected block's actions and fields; a hint where none is selected."""
    if selected is None:
        st.markdown("**Selected block**")
        st.caption("Press a block in the list to change it here.")
        _draw_design_error(known)
        return
    block = design.find(selected)
    st.markdown(f"**{escape_markdown(block_title(block))}** :gray[{design.path_of(selected)}]")
    st.caption(kind_help(block.kind))
    if known.error is not None and known.error_block_id == selected:
        st.error(f"{escape_markdown(known.error.rule)}. **{escape_markdown(known.error.mend)}.**", icon="⚠️")
    else:
        _draw_design_error(known)
    _draw_actions(design, block)
    draw_form(type(block), block.model_dump(), f"block.{selected}", lambda name, value: _update(selected, name, value))


def _draw_design_error(known: Figures) -> None:
    """An error that is at no block in particular."""
    if known.error is not None and known.error_block_id is None:
        st.warning(f"{escape_markdown(known.error.rule)}. **{escape_markdown(known.error.mend)}.**", icon="⚠️")


def _update(block_id: str, name: str, value: Any) -> None:
    state.edit(Update(block_id=block_id, changes={name: value}))


def _draw_actions(design: Design, block: Block) -> None:
    up, down = move_up(design, block.id), move_down(design, block.id)
    with st.container(horizontal=True, key="actions", gap="xsmall"):
        _action("↑ Up", "up", up, "Past the block above, or into or out of a shortcut.", "Alt+Up")
        _action("↓ Down", "down", down, "Past the block below, or into or out of a shortcut.", "Alt+Down")
        _action("Duplicate", "duplicate", Duplicate(block_id=block.id), "A copy right behind it.")
        _action("Remove", "remove", Remove(block_id=block.id), "With all that is in it. Undo brings it back.")
        if isinstance(block, Shortcut):
            _action("Unwrap", "unwrap", Unwrap(block_id=block.id), "Keep the blocks, drop the shortcut around them.")
        _draw_wrap(design, block)


def _action(label: str, key: str, edit: Edit | None, help_text: str, shortcut: str | None = None) -> None:
    st.button(
        label,
        key=f"action_{key}",
        help=help_text,
        shortcut=shortcut,
        disabled=edit is None,
        on_click=state.edit,
        args=(edit,),
    )


def _draw_wrap(design: Design, block: Block) -> None:
    """A shortcut around the block, or around it and some that follow on its level."""
    rest = following(design, block.id)
    with st.popover("Wrap in shortcut"):
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
            on_click=state.edit,
            args=(WrapInShortcut(block_ids=chosen),),
        )
