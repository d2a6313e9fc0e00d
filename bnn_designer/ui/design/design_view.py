"""The Design page's upper part: what the network is called and gets, the tools and the picture."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from bnn_designer.design import Design
from bnn_designer.design.edits import UpdateDesign
from bnn_designer.design.presets import preset
from bnn_designer.runs.drafts import Draft
from bnn_designer.ui.design.outline import Row
from bnn_designer.ui.design.picture import legend_html, picture_svg
from bnn_designer.ui.design.preset_cards import figures_text, groups, help_text
from bnn_designer.ui.design.start_view import draw_upload
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.controlled import controlled_key
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import UNKNOWN


def draw_header(draft: Draft) -> None:
    """Name, image and classes on one line, the tools on the next."""
    design = draft.design
    columns = st.columns([4, 1.3, 1.3, 1.3, 1.3], vertical_alignment="bottom")
    _field(columns[0], "Name", "name", design.name)
    for index, label in enumerate(("Height", "Width", "Channels")):
        _size(columns[1 + index], label, f"input_{index}", design.input_shape[index], 4096, "of the input image")
    _size(columns[4], "Classes", "classes", design.classes, 65536, "that the network predicts")
    _draw_tools(draft)


def _field(column: Any, label: str, name: str, value: str) -> None:
    key = controlled_key(f"design.{name}", value)
    column.text_input(label, value=value, key=key, max_chars=80, on_change=_rename, args=(key,))


def _size(column: Any, label: str, name: str, value: int, maximum: int, what: str) -> None:
    key = controlled_key(f"design.{name}", value)
    column.number_input(
        label,
        min_value=1,
        max_value=maximum,
        value=value,
        step=1,
        key=key,
        help=f"{label} {what}.",
        on_change=_resize,
        args=(name, key),
    )


def _rename(key: str) -> None:
    wanted = UpdateDesign(changes={"name": st.session_state[key].strip()})
    state.edit(lambda _: wanted)


def _resize(name: str, key: str) -> None:
    value = st.session_state[key]

    def make(design: Design) -> UpdateDesign:
        if name == "classes":
            return UpdateDesign(changes={"classes": value})
        shape = tuple(value if name == f"input_{axis}" else size for axis, size in enumerate(design.input_shape))
        return UpdateDesign(changes={"input_shape": shape})

    state.edit(make)


def _draw_tools(draft: Draft) -> None:
    # Not Ctrl+Z: Streamlit runs a shortcut while a person types as well, and there Ctrl+Z takes back what was typed.
    with st.container(horizontal=True, vertical_alignment="center", key="tools"):
        st.button(
            "↶ Undo",
            key="undo",
            shortcut="Alt+Z",
            disabled=not draft.undo_steps,
            on_click=state.undo,
            help=f"{draft.undo_steps} steps can be undone, even after a reload.",
        )
        st.button(
            "↷ Redo",
            key="redo",
            shortcut="Alt+Shift+Z",
            disabled=not draft.redo_steps,
            on_click=state.redo,
        )
        with st.popover("Presets", help="Replace this network with a known one. Undo brings yours back."):
            _draw_presets()
        with st.popover("File"):
            st.download_button(
                "Download JSON",
                data=draft.design.to_json(),
                file_name=file_name(draft.design),
                mime="application/json",
                key="download",
                on_click="ignore",
                width="stretch",
            )
            draw_upload("tools")
        st.button("New design", key="new", on_click=_close, help="This draft stays in the list of drafts.")
        st.space("stretch")
        st.page_link("pages/train.py", label="**Train this design**", query_params=state.link_parameters())


def _draw_presets() -> None:
    """Buttons for all presets, those for one size of images side by side with their published figures."""
    for column, (title, cards) in zip(st.columns(2), groups().items(), strict=True):
        with column, st.container(gap="xxsmall"):
            st.markdown(f"**{title}**")
            for card in cards:
                figures = f" :gray[{escape_markdown(card.top1)}]" if card.top1 != UNKNOWN else ""
                st.button(
                    f"{card.name}{figures}",
                    key=f"preset_{card.name}",
                    width="stretch",
                    on_click=_load_preset,
                    args=(card.name,),
                    help=escape_markdown(f"{help_text(card)} {figures_text(card)}"),
                )


def file_name(design: Design) -> str:
    """A file name that every system accepts."""
    return (re.sub(r"[^A-Za-z0-9._-]+", "-", design.name).strip("-.") or "design") + ".json"


def _load_preset(name: str) -> None:
    state.set_current("block", None)
    state.change_draft(lambda _: preset(name))


def _close() -> None:
    state.set_current("draft", None)
    state.set_current("block", None)


def draw_picture(design: Design, rows: tuple[Row, ...], selected: str | None) -> None:
    """The network as a strip that scrolls sideways, and what its colors mean."""
    svg = picture_svg(design, rows, selected)
    # st.html strips SVG; everything that a person typed is escaped in picture_svg
    strip = f'<div class="bnn-strip" tabindex="0">{svg}</div>'
    st.markdown(strip + legend_html(), unsafe_allow_html=True)
