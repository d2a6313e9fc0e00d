"""Try it: a test image, a picture from a file or the camera, through the packed network."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from bnn_designer.errors import BnnDesignerError
from bnn_designer.inspection.job import try_job
from bnn_designer.inspection.report import Found
from bnn_designer.inspection.trying import Ask, Pixels, TriedImage, packed_path, read_tried, write_ask
from bnn_designer.measuring.machine import holder
from bnn_designer.runs.records import RunRecord, as_time
from bnn_designer.training.data.decode import picture_of
from bnn_designer.ui.inside.camera_view import NAME, draw_camera
from bnn_designer.ui.inside.figures import answer_rows, group_rows, verdict_text
from bnn_designer.ui.inside.layers_view import draw_layers
from bnn_designer.ui.inside.pictures import picture_html
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.choice_widgets import draw_switch
from bnn_designer.ui.shared.choices import choice
from bnn_designer.ui.shared.job_view import begin, draw_failure
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import ms_text, shape_text, time_text

SOURCES = {"number": "A test image", "file": "A picture", "camera": "The camera"}
_DEFAULT = "number"


def draw_try(run: RunRecord, found: Found) -> None:
    """What to try, and what came out the last time."""
    if found.inside.why_unpacked:
        st.info(escape_markdown(f"This needs the packed network. {found.inside.why_unpacked}"))
        return
    if not packed_path(state.store(), run.id).is_file():
        st.info("The packed network is gone. Look again, which packs it.")
        return
    asking, answer = st.columns([2, 3], gap="large")
    with asking:
        _draw_asking(run, found)
    with answer:
        try:
            tried = read_tried(state.store(), run.id, len(found.inside.class_names))
        except BnnDesignerError as error:
            st.warning(escape_markdown(str(error)))
            return
        if tried is None:
            st.caption("Nothing was tried yet.")
            return
        _draw_answer(run, found, tried)
    draw_layers(run, found, tried)


def _draw_asking(run: RunRecord, found: Found) -> None:
    shape = run.design.input_shape
    # a picture has gray or colors, and no other channels
    sources = SOURCES if shape[2] in (1, 3) else {_DEFAULT: SOURCES[_DEFAULT]}
    source = choice("image", _DEFAULT, sources)
    draw_switch("What to try", "image", source, sources, _DEFAULT, key=f"inside_source_{run.id}")
    if source == "number":
        last = found.inside.test_images - 1
        first = min(found.inside.mistakes[0].index if found.inside.mistakes else 0, last)
        key = f"try_number_{run.id}"
        number = st.number_input(f"Number, from 0 to {last:,}", 0, last, first, key=key)
        _draw_button(run, Ask(index=int(number)), None)
    else:
        becomes = (
            f"It is scaled to {shape_text(shape)} and cut evenly at the sides that stand out. It stays on this server, "
            "in the run's folder, until the next one is tried."
        )
        if source == "file":
            given = st.file_uploader("PNG or JPEG", ["png", "jpg", "jpeg"], key=f"try_file_{run.id}")
            st.caption(becomes)
        else:
            given = draw_camera(run.id, becomes)
        if given is None:
            return
        try:
            pixels = picture_of(given.getvalue(), Path(given.name), shape[:2], shape[2])
        except BnnDesignerError as error:
            st.error(escape_markdown(str(error)), icon="⚠️")
            return
        _draw_button(run, Ask(name=NAME if source == "camera" else given.name[:300]), pixels)
    job = try_job(state.store(), run.id)
    if holder() is None:
        draw_failure(job, job.read())


def _draw_button(run: RunRecord, ask: Ask, pixels: Pixels | None) -> None:
    if holder() is None:
        st.button("Try it", key=f"try_{run.id}", type="primary", on_click=_ask, args=(run.id, ask, pixels))


def _ask(run_id: str, ask: Ask, pixels: Pixels | None) -> None:
    if holder() is not None:
        state.notify("Something else is being measured or tried just now. Try it again in a moment.", "warning")
        return
    with state.reported():
        write_ask(state.store(), run_id, ask, pixels)
        begin(lambda: try_job(state.store(), run_id))


def _draw_answer(run: RunRecord, found: Found, there: TriedImage) -> None:
    tried, names = there.tried, found.inside.class_names
    picture, figures = st.columns([1, 2])
    what = f"Test image {tried.ask.index:,}" if tried.ask.index is not None else tried.ask.name
    with picture:
        st.html(picture_html(there.image, what))
        st.caption(escape_markdown(f"{what}, as the network sees it"))
    with figures:
        st.markdown(verdict_text(tried, names))
        st.dataframe(
            answer_rows(tried, names),
            hide_index=True,
            key=f"answer_{run.id}",
            column_config={"Probability": st.column_config.ProgressColumn(min_value=0, max_value=1, format="percent")},
        )
    packed, floats = st.columns(2, border=True)
    packed.metric(
        "Packed engine",
        ms_text(tried.engine_ms),
        help=f"Measured when this image was tried. Instructions: {tried.isa}.",
    )
    floats.metric(
        "In float, by TensorFlow",
        ms_text(found.inside.float_ms),
        help="Measured when the network was looked into.",
    )
    st.caption(
        "Medians of one image. The packed engine uses one thread. TensorFlow uses all of them, and its time includes "
        "that of a call: it is not what float arithmetic alone takes."
    )
    st.caption(f"Tried {time_text(as_time(tried.tried_at))}. Where the packed network's time goes:")
    st.dataframe(group_rows(tried), hide_index=True, key=f"groups_{run.id}")
