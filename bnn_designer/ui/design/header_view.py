"""The design's name, its image, and the tools that are about the whole of it, on one line."""

from __future__ import annotations

import streamlit as st

from bnn_designer.design import Design
from bnn_designer.design.edits import UpdateDesign
from bnn_designer.design.presets import preset
from bnn_designer.design.series import is_one_dimensional, series_text
from bnn_designer.runs.drafts import Draft
from bnn_designer.ui.design.file_view import draw_file
from bnn_designer.ui.design.preset_cards import groups
from bnn_designer.ui.design.start.for_cifar import for_cifar
from bnn_designer.ui.design.start.gallery import gallery
from bnn_designer.ui.design.start.gallery_component import draw_gallery, opened
from bnn_designer.ui.design.totals_view import draw_budget, draw_counting
from bnn_designer.ui.design.versions_view import draw_versions
from bnn_designer.ui.shared import drafting, state, tab
from bnn_designer.ui.shared.controlled import controlled_key, when_current
from bnn_designer.ui.shared.words_view import draw_words
from bnn_designer.units import shape_text

_CHOSEN = "preset_chosen"
_SIZES = (("Height", "input_0", 4096), ("Width", "input_1", 4096), ("Channels", "input_2", 4096))


def draw_header(draft: Draft) -> None:
    """One line of tools; what opens from it changes the draft and can be undone."""
    design = draft.design
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="tools"):
        key = controlled_key("design.name", design.name)
        st.text_input(
            "Name",
            value=design.name,
            key=key,
            max_chars=80,
            width=220,
            label_visibility="collapsed",
            on_change=when_current(key, _rename),
        )
        with st.popover(_input_text(design)):
            _draw_sizes(design)
        draw_counting()
        draw_budget()
        if st.button("Presets", key="presets", help="Replace this network with a known one. Undo brings yours back."):
            _choose_preset()
        draw_versions(draft)
        draw_file(draft)
        st.button("All drafts", key="new", on_click=drafting.open_draft, args=(None,), help="This draft is saved.")
        draw_words()
        st.space("stretch")
        st.page_link(
            "pages/export.py",
            label="Export",
            help="In the forms that other tools load, with weights once it is trained.",
            query_params=tab.link_parameters() | {"of": "design"},
        )
        st.page_link("pages/train.py", label="**Train this design**", query_params=tab.link_parameters())


def _rename(name: str) -> None:
    wanted = UpdateDesign(changes={"name": name.strip()})
    drafting.edit(lambda _: wanted)


def _input_text(design: Design) -> str:
    if is_one_dimensional(design):
        return f"Series {series_text(design.input_shape)} · {design.classes} classes"
    return f"Image {shape_text(design.input_shape)} · {design.classes} classes"


def _draw_sizes(design: Design) -> None:
    series = is_one_dimensional(design)
    for index, (label, name, maximum) in enumerate(_SIZES):
        if series and name == "input_1":
            _size("Steps", name, design.input_shape[index], maximum, "of the input series")
        elif not series or name != "input_0":
            _size(label, name, design.input_shape[index], maximum, "of the input")
    if series:
        st.caption("A time series is an image of height 1, so the height is left out. See docs/time-series.md.")
    _size("Classes", "classes", design.classes, 65536, "that the network predicts")


def _size(label: str, name: str, value: int, maximum: int, what: str) -> None:
    key = controlled_key(f"design.{name}", value)
    st.number_input(
        label,
        min_value=1,
        max_value=maximum,
        value=value,
        step=1,
        key=key,
        help=f"{label} {what}.",
        on_change=when_current(key, lambda new: _resize(name, new)),
    )


def _resize(name: str, value: int) -> None:
    def make(design: Design) -> UpdateDesign:
        if name == "classes":
            return UpdateDesign(changes={"classes": value})
        shape = tuple(value if name == f"input_{axis}" else size for axis, size in enumerate(design.input_shape))
        return UpdateDesign(changes={"input_shape": shape})

    drafting.edit(make)


@st.dialog("Replace this network with a known one", width="large")
def _choose_preset() -> None:
    draw_gallery(gallery(), list(groups()), _load_preset)
    if st.session_state.pop(_CHOSEN, False):
        st.rerun()  # closes the dialog


def _load_preset() -> None:
    chosen = opened()
    if chosen is None:
        return
    name, small = chosen
    design = preset(name)
    st.session_state[_CHOSEN] = True
    drafting.change_draft(lambda _: (for_cifar(design) if small else None) or design)
    state.select(())
