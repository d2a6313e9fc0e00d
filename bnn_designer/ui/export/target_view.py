"""A network and a target: what runs in bits there, what is missing, the export, and what running it showed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bnn_designer.cost.partial import figures
from bnn_designer.errors import BnnDesignerError
from bnn_designer.export import ExportTarget
from bnn_designer.export.job import Kept, archive_path, export_job, read_kept
from bnn_designer.export.source import keep_design
from bnn_designer.export.table import lacking
from bnn_designer.measuring.job import Job
from bnn_designer.measuring.stop import cancel
from bnn_designer.runs.records import RunRecord, as_time
from bnn_designer.ui.export.choice_view import choose_network
from bnn_designer.ui.export.networks import Network, file_name, of_same_network, run_key
from bnn_designer.ui.export.verdict_table import judged, verdict_rows, verdict_text
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.job_view import begin, draw_failure, draw_running
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import bytes_text, counted, percent_text, sentence, time_text


def draw_target(network: Network, target: ExportTarget, runs: Sequence[RunRecord]) -> None:
    """All of it, in the order in which it is asked: can it be, what will come of it, do it, what came of it.

    Args:
        runs: those that can be exported, for a design without weights.
    """
    st.markdown(f"#### {escape_markdown(sentence(target.title))}")
    if target.of_weights and not _is_finished(network):
        return
    if target.of_weights and network.kind == "design":
        _draw_without_weights(network, runs)
    missing = lacking(target)
    job, kept = export_job(state.store(), network.source, target.name), read_kept(network.source, target.name)
    busy = draw_running(job, "export")
    if not busy:
        _draw_end(job)
    refused = bool(missing) and target.by_receiver
    _draw_buttons(network, target, job, kept, busy, refused)
    if refused:
        st.error(f"It cannot be written here. {escape_markdown(missing)} Then start the app again.", icon="⚠️")
    if kept is not None:
        _draw_kept(kept, busy)
    elif target.prove is not None and not refused:
        _draw_check(network, missing)
    _draw_verdicts(network, target)


def _is_finished(network: Network) -> bool:
    """Whether the design is whole; else what is missing is said, with the way to where it is mended."""
    error = figures(network.design).error
    if error is None:
        return True
    st.error(f"The design is not finished: {escape_markdown(str(error))}", icon="⚠️")
    st.page_link("pages/design.py", label="Open it on the Design page", query_params=tab.link_parameters())
    return False


def _draw_without_weights(network: Network, runs: Sequence[RunRecord]) -> None:
    """That its weights would be none, and the ways to some."""
    st.info(
        "This design has no trained weights, so the files get weights drawn at random. They load, and take the memory "
        "and the time of a trained network; their answers mean nothing."
    )
    with st.container(horizontal=True, vertical_alignment="center", key="export_ways"):
        for run in of_same_network(network.design, runs):
            st.button(
                f"Export run {run.id} of it ({percent_text(run.best_val_accuracy)})",
                key=f"export_of_{run.id}",
                on_click=choose_network,
                args=(run_key(run.id),),
            )
        st.page_link("pages/train.py", label="Train this design", query_params=tab.link_parameters())


def _draw_end(job: Job) -> None:
    last = job.read()
    draw_failure(job, last)
    if last is not None and last.state == "cancelled":
        st.caption("The last export was cancelled.")


def _draw_buttons(
    network: Network, target: ExportTarget, job: Job, kept: Kept | None, busy: bool, refused: bool
) -> None:
    untrained = network.kind == "design" and target.of_weights
    with st.container(horizontal=True, vertical_alignment="center", key="export_buttons"):
        if kept is not None:
            st.download_button(
                f"Download .zip ({counted(len(kept.files), 'file')})",
                data=archive_path(network.source, target.name).read_bytes,
                file_name=file_name(network.name, network.source, target.name),
                mime="application/zip",
                key="export_download",
                type="primary",
                on_click="ignore",
            )
        first = "Export untrained" if untrained else "Export"
        st.button(
            first if kept is None else f"{first} again",
            key="export_start",
            type="primary" if kept is None else "secondary",
            disabled=busy or refused,
            help="In a process of its own; you may leave this page. One at a time on this machine. The same as "
            f"`bnn-designer export {'FILE' if network.kind == 'design' else network.source.id} --to {target.name}`.",
            on_click=begin,
            args=(lambda: _job(network, target), "export"),
        )
        last = job.read()
        if busy and last is not None and last.state == "running":
            st.button("Cancel", key="export_cancel", on_click=_cancel, args=(job,))


def _job(network: Network, target: ExportTarget) -> Job:
    if network.kind == "design":
        keep_design(network.source, network.design)
    return export_job(state.store(), network.source, target.name)


def _cancel(job: Job) -> None:
    if not cancel(job):
        state.notify("Nothing was cancelled: the export has ended, or another machine is at it.", "warning")


def _draw_check(network: Network, missing: str) -> None:
    """What will be run when it is written, or what is missing for that."""
    if missing:
        st.warning(
            f"It can be written, but not run here. {escape_markdown(missing)} Then start the app again.", icon="⚠️"
        )
    else:
        images = "test images of its data set" if network.kind == "run" else "images of random pixels"
        st.caption(f"Once written it is run here on {images}, and its answers are compared with the network's.")


def _draw_kept(kept: Kept, busy: bool) -> None:
    """The proof's numbers, or why there are none; then what was written."""
    if kept.proof:
        text = escape_markdown(sentence(kept.proof))
        on = f" On {escape_markdown(kept.images)}." if kept.images else ""
        (st.success if kept.all_same else st.warning)(f"{text}.{on}", icon=None if kept.all_same else "⚠️")
    elif kept.not_run and not busy:
        st.warning(f"Written, but not run here: {escape_markdown(kept.not_run)}", icon="⚠️")
    for note in kept.notes:
        st.caption(escape_markdown(sentence(note)))
    sizes = ", ".join(f"{name} {bytes_text(size)}" for name, size in kept.files.items())
    memory = ", ".join(f"{what} {size:,} bytes" for what, size in kept.memory_bytes.items())
    text = f"Exported {time_text(as_time(kept.exported_at))}. {sizes}.{f' Memory: {memory}.' if memory else ''}"
    st.caption(escape_markdown(text))


def _draw_verdicts(network: Network, target: ExportTarget) -> None:
    """Block by block, before anything is written: what runs in bits at the target, and why not."""
    if not target.of_weights:
        return
    st.markdown("**What runs in bits there**")
    if target.judged_as is None:
        st.markdown(escape_markdown(target.in_bits))
        return
    try:
        found = judged(network.design, target.judged_as)
    except BnnDesignerError as error:
        st.error(escape_markdown(str(error)), icon="⚠️")
        return
    st.markdown(escape_markdown(verdict_text(found)))
    if found:
        st.table(verdict_rows(found), hide_index=True, border="horizontal")  # a frame would cut the reasons off
