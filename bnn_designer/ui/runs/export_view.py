"""A run, exported: the target, what of it runs in bits there, the archive to download, and what running it showed."""

from __future__ import annotations

import re

import streamlit as st

from bnn_designer.errors import BnnDesignerError
from bnn_designer.export import TARGETS, ExportTarget, Material
from bnn_designer.export.job import Kept, archive_path, export_job, read_kept
from bnn_designer.runs.records import RunRecord, as_time
from bnn_designer.targets import Verdict
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.choices import choice, choose
from bnn_designer.ui.shared.job_view import begin, draw_failure, draw_running
from bnn_designer.ui.shared.look import STATE_SIGNS, escape_markdown
from bnn_designer.units import bytes_text, counted, sentence, time_text

_PARAMETER = "export"


def exported_run() -> str | None:
    """The id of the run whose exports are shown, as the address has it."""
    return choice(_PARAMETER, "") or None


def open_export(run_id: str | None) -> None:
    """Opens the exports of a run; None closes them."""
    choose(_PARAMETER, run_id or "")


def can_export(run: RunRecord) -> bool:
    return run.ended and state.store().checkpoint_path(run.id).is_file()


def draw_export(run: RunRecord) -> None:
    """The choice of a target, and all that is known of the run's export to it."""
    with st.container(border=True, key="export_run"):
        if not can_export(run):
            st.caption("This run cannot be exported yet: it has no finished epoch or has not ended.")
            _draw_close()
            return
        name = st.selectbox(
            "Export to",
            list(TARGETS),
            format_func=lambda one: f"{one}: {TARGETS[one].title}",
            key=f"export_target_{run.id}",
        )
        target = TARGETS[name]
        job, kept = export_job(state.store(), run.id, name), read_kept(state.store(), run.id, name)
        busy = draw_running(job, "export")
        if not busy:
            draw_failure(job, job.read())
        _draw_buttons(run, target, kept, busy)
        if kept is not None:
            _draw_kept(kept)
        _draw_verdicts(run, target)


def _draw_buttons(run: RunRecord, target: ExportTarget, kept: Kept | None, busy: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if kept is not None:
            path = archive_path(state.store(), run.id, target.name)
            st.download_button(
                f"Download .zip ({counted(len(kept.files), 'file')})",
                data=path.read_bytes,
                file_name=file_name(run, target.name),
                mime="application/zip",
                key=f"download_export_{run.id}",
                type="primary",
                on_click="ignore",
            )
        st.button(
            "Export" if kept is None else "Export again",
            key=f"export_start_{run.id}",
            type="primary" if kept is None else "secondary",
            disabled=busy,
            help="Writes the files of the last checkpoint and runs them on test images where the receiver is "
            "installed. In a process of its own; the page stays usable. One at a time on this machine.",
            on_click=begin,
            args=(lambda: export_job(state.store(), run.id, target.name),),
        )
        _draw_close()


def _draw_close() -> None:
    st.button("Close", key="close_export", on_click=open_export, args=(None,))


def _draw_kept(kept: Kept) -> None:
    """The proof's numbers, or why there are none; then what was written."""
    if kept.proof:
        text = escape_markdown(sentence(kept.proof))
        (st.success if kept.all_same else st.warning)(f"{text}.", icon=None if kept.all_same else "⚠️")
    elif kept.not_run:
        st.warning(f"Written, but not run here: {escape_markdown(kept.not_run)}", icon="⚠️")
    for note in kept.notes:
        st.caption(escape_markdown(sentence(note)))
    sizes = ", ".join(f"{name} {bytes_text(size)}" for name, size in kept.files.items())
    memory = ", ".join(f"{what} {size:,} bytes" for what, size in kept.memory_bytes.items())
    text = f"Exported {time_text(as_time(kept.exported_at))}. {sizes}.{f' Memory: {memory}.' if memory else ''}"
    st.caption(escape_markdown(text))


def _draw_verdicts(run: RunRecord, target: ExportTarget) -> None:
    """Block by block, before anything is written: what runs in bits at the target, and why not."""
    if target.judged_as is None:
        return
    try:
        judged: dict[str, Verdict] = Material.of_model(run.design, None, "").verdicts(target.judged_as)
    except BnnDesignerError as error:
        st.error(escape_markdown(str(error)), icon="⚠️")
        return
    st.markdown("**What runs in bits there**")
    rows = [{"block": path, "runs in": STATE_SIGNS[one.state], "why": one.reason} for path, one in judged.items()]
    st.dataframe(rows, hide_index=True, key="export_verdicts")


def file_name(run: RunRecord, target: str) -> str:
    """The name of the download: the run's, with what file systems and shells do not like taken out, id and target."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", run.name).strip("-.") or "network"
    return f"{name[:60]}-{run.id}-{target}.zip"
