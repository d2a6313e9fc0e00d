"""A run, packed: the button that does it, the file to download, and what was measured beside what was predicted."""

from __future__ import annotations

import re

import streamlit as st

from bnn_designer.cost.latency.calibration import machine_name
from bnn_designer.cost.latency.model import NoLatency
from bnn_designer.cost.partial import Figures, figures
from bnn_designer.errors import BnnDesignerError
from bnn_designer.measuring.job import Job, pack_job, timing_job
from bnn_designer.measuring.record import Measurement, Record, packed_path, read_record
from bnn_designer.runs.records import RunRecord, as_time
from bnn_designer.ui.runs.packed_chart import layer_bars, layer_chart
from bnn_designer.ui.runs.packed_figures import (
    LAYER_COLUMNS,
    Prediction,
    beside_figures,
    layer_table,
    prediction,
)
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.job_view import begin, draw_calibration, draw_failure, draw_running
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import bytes_text, counted, ms_text, time_text

_PARAMETER = "packed"
_WHAT = (
    "Packing puts the weights of binary layers into bits and batch norms into thresholds. The file runs without "
    "TensorFlow, in this project's engine."
)


def opened_run() -> str | None:
    """The id of the run whose packed network is shown, as the URL has it."""
    return st.query_params.get(_PARAMETER)


def draw_packed_button(run: RunRecord) -> None:
    """In the list: opens or closes the packed network of a run; its label is the latency, once that is known."""
    if not _packable(run):
        return
    record = read_record(state.store(), run.id)
    opened, label = opened_run() == run.id, "Pack"
    if record is not None:
        label = ms_text(record.measurement.timings[0].median_ms) if record.measurement else "packed"
    st.button(
        f"{label} {'▴' if opened else '▾'}",
        key=f"packed_{run.id}",
        help="Close." if opened else "Pack this run, download the file and see what it takes on this machine.",
        width="stretch",
        on_click=_toggle,
        args=(run.id,),
    )


def _toggle(run_id: str) -> None:
    if opened_run() == run_id:
        st.query_params.pop(_PARAMETER, None)
    else:
        st.query_params[_PARAMETER] = run_id


def _packable(run: RunRecord) -> bool:
    return run.ended and state.store().checkpoint_path(run.id).is_file()


def draw_packed(run: RunRecord) -> None:
    """All that is known of the packed network of one run."""
    if not _packable(run):
        st.caption("This run cannot be packed yet: it has no finished epoch or has not ended.")
        return
    with st.container(border=True, key="packed_run"):
        try:
            known = figures(run.design)
        except BnnDesignerError as error:
            st.error(escape_markdown(str(error)), icon="⚠️")
            return
        job, record = pack_job(state.store(), run.id), read_record(state.store(), run.id)
        st.caption(_WHAT)
        predicted = prediction(known)
        busy = draw_running(job, "pack")
        if not busy:
            draw_failure(job, job.read())
            _draw_buttons(run, record)
        elif record is not None:
            _draw_download(run, record)
        _draw_figures(record, predicted)
        if not busy:
            _draw_calibration(predicted)
        if record is not None:
            with st.container(gap=None):
                _draw_origin(record)
        if record is not None and record.measurement is not None:
            _draw_layers(record.measurement, known)


def _draw_buttons(run: RunRecord, record: Record | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if record is None:
            _button("Pack and measure", "pack", run, primary=True)
            st.caption("About half a minute, in a process of its own; you may leave this page.")
            return
        _draw_download(run, record)
        _button("Measure again" if record.measurement else "Measure", "time", run)
        _button("Pack again", "pack", run)


def _button(label: str, what: str, run: RunRecord, primary: bool = False) -> None:
    texts = {
        "pack": "Packs the last checkpoint, checks its predictions against Keras and times it.",
        "time": "Times the packed file with one thread and with all, for two seconds each.",
    }
    st.button(
        label,
        key=f"{what}_{run.id}",
        type="primary" if primary else "secondary",
        help=f"{texts[what]} In a process of its own; the page stays usable. One at a time on this machine.",
        on_click=begin,
        args=(lambda: _job(what, run.id),),
    )


def _job(what: str, run_id: str) -> Job:
    return (pack_job if what == "pack" else timing_job)(state.store(), run_id)


def _draw_download(run: RunRecord, record: Record) -> None:
    path = packed_path(state.store(), run.id)
    st.download_button(
        f"Download .bnn ({bytes_text(record.file_bytes)})",
        # read only when it is wanted: files are of many megabytes, and pages are drawn often
        data=path.read_bytes,
        file_name=file_name(run),
        mime="application/octet-stream",
        key=f"download_{run.id}",
        type="primary",
        on_click="ignore",
        help=f"Run it with `bnn-designer predict {file_name(run)} images.npy`.",
    )


def file_name(run: RunRecord) -> str:
    """The name of the download: the run's, with what file systems and shells do not like taken out, and its id."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", run.name).strip("-.") or "network"
    return f"{name[:60]}-{run.id}.bnn"


def _draw_figures(record: Record | None, predicted: Prediction) -> None:
    found = beside_figures(record, predicted)
    with st.container(key="packed_figures"):
        for column, one in zip(st.columns(len(found), border=True), found, strict=True):
            with column.container(gap=None):
                st.metric(one.label, one.value, help=escape_markdown(one.help))
                for text in one.notes:
                    st.caption(escape_markdown(text))


def _draw_calibration(predicted: Prediction) -> None:
    if isinstance(predicted.latency, NoLatency) and predicted.latency.state == "not calibrated":
        with st.container(horizontal=True, vertical_alignment="center"):
            draw_calibration("packed", predicted.latency)


def _draw_origin(record: Record) -> None:
    measured = record.measurement
    if measured is not None and measured.disturbed:
        st.caption(
            f"⚠️ Other programs, such as a training run, kept {measured.busy_processors:.1f} of {measured.processors} "
            "processors busy when it began: the times may be too high. Measure again when they have ended."
        )
    if record.checked is None:
        st.caption("Not compared with Keras yet, or the test images of its data set are not on this machine.")
    else:
        sign = "✓ " if record.checked.same_class == record.checked.images else "⚠️ "
        st.caption(
            f"{sign}{record.checked.same_class:,} of {record.checked.images:,} test images get the same class as "
            f"from Keras. Packed {time_text(as_time(record.packed_at))}."
        )
    if measured is not None:
        _draw_circumstances(measured)


def _draw_circumstances(measured: Measurement) -> None:
    first = measured.timings[0]
    floats = f", float convolutions by {escape_markdown(first.float_library)}" if first.float_library else ""
    elsewhere = "" if measured.machine == machine_name() else ", which is not the machine that serves this page"
    st.caption(
        f"Measured {time_text(measured.time)} on {escape_markdown(f'{measured.machine} ({measured.host})')}{elsewhere}"
        f"; {measured.processors} processors, kernels for {first.isa}{floats}, BNN Designer "
        f"{escape_markdown(measured.version)}."
    )


def _draw_layers(measured: Measurement, known: Figures) -> None:
    precisions = {layer.name: layer.precision for layer in known.layers}
    bars = layer_bars(measured.layers, precisions)
    total = sum(row.ms for row in measured.layers)
    st.markdown("**Where the time goes**", help="Each bar is a layer with everything fused into it.")
    st.caption(
        f"One image, one thread, {counted(len(measured.layers), 'group')} of layers in running order: {ms_text(total)} "
        "in total, timer overhead included. Batch norms, activations, additions and signs are part of the layer "
        "before them."
    )
    st.plotly_chart(layer_chart(bars), key="layer_times", config={"displaylogo": False, "displayModeBar": False})
    with st.expander("As a table"):
        config = {name: st.column_config.Column(title, help=text) for name, title, text in LAYER_COLUMNS}
        for name, form in {"us": "%.2f", "share": "%.1f %%", "macs": "localized", "speed": "%.0f"}.items():
            title, text = next((title, text) for key, title, text in LAYER_COLUMNS if key == name)
            config[name] = st.column_config.NumberColumn(title, help=text, format=form)
        st.dataframe(
            layer_table(measured.layers, precisions),
            hide_index=True,
            key="layer_table",
            column_config=config,
            placeholder="",
        )
