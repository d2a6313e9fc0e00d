"""A job on the page: its progress while it works, why it failed, and the button that measures this machine."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from bnn_designer.cost.latency.calibration import NOT_MEASURED, calibration_path
from bnn_designer.cost.latency.model import NoLatency
from bnn_designer.errors import BnnDesignerError
from bnn_designer.measuring.job import Job, JobState, calibration_job
from bnn_designer.measuring.machine import Holder, MachineBusyError, holder
from bnn_designer.measuring.start import start
from bnn_designer.runs.progress import last_lines
from bnn_designer.runs.records import as_time
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.asking import ask
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import time_text

_POLL_S = 1.0


def begin(make: Callable[[], Job], action: str = "job") -> None:
    """Starts a job; meant as a button's callback. Why it cannot start is kept for the page.

    Where somebody else has just started the same job, the wish is fulfilled, and nothing is said.

    Args:
        make: the job; may raise BnnDesignerError.
        action: as which it counts for whoever asks (:data:`bnn_designer.runs.rates.ACTIONS`).
    """
    try:
        if holder() is None:  # else it is refused anyhow, which costs nothing
            ask(action)
        job = make()
        try:
            start(job)
        except MachineBusyError as error:
            now = holder()
            if now is None or now.job != job.name:
                state.notify(str(error), "warning")
    except BnnDesignerError as error:
        state.notify(str(error), "warning")


def draw_running(job: Job, key: str) -> bool:
    """The progress of a job, or who else has the machine; False where neither, so that buttons may be pressed."""
    progress = job.read()
    if progress is not None and progress.state == "running":
        st.fragment(_draw_progress, run_every=_POLL_S, key=f"job_{key}")(job)
        return True
    other = holder()
    if other is not None:
        st.fragment(_draw_other, run_every=_POLL_S, key=f"other_{key}")(other)
        return True
    return False


def _draw_progress(job: Job) -> None:
    progress = job.read()
    if progress is None or progress.state != "running":
        st.rerun()  # the whole page, with what the job has found
    _draw_bar(progress)


def _draw_bar(progress: JobState) -> None:
    st.progress(progress.share, text=escape_markdown(f"{progress.step} …"))


def _draw_other(seen: Holder) -> None:
    now = holder()
    if now is None or now.job != seen.job:
        st.rerun()
    st.info(
        f"Another measurement is running on this machine ({escape_markdown(now.job)}, since {time_text(now.since)}). "
        "Two at once would disturb each other; this one can start when that one has ended.",
        icon="⏳",
    )
    calibration = calibration_job()
    progress = calibration.read() if seen.job == calibration.name else None
    if progress is not None and progress.state == "running":
        _draw_bar(progress)


def draw_failure(job: Job, progress: JobState | None) -> None:
    """Why the last job did not succeed, with the end of its log; nothing where it did."""
    if progress is None or progress.state not in ("failed", "not packable"):
        return
    reason, mend = (escape_markdown(text.rstrip(".")) for text in (progress.reason, progress.mend))
    if progress.state == "not packable":
        st.error(
            f"**This run cannot be packed.** Block **{escape_markdown(progress.where)}**: {reason}. {mend}.",
            icon="⚠️",
        )
        return
    st.error(f"{reason}. {mend}." if mend else f"{reason}.", icon="⚠️")
    try:
        log = last_lines(job.log_path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return
    if log.strip():
        with st.expander("The end of its log"):
            st.code(log, language=None)


def _not_calibrated_text(why: NoLatency) -> str:
    """Why there is no latency of this machine, and what to do, in Markdown."""
    if why.reason == NOT_MEASURED:
        return "This machine has not been measured yet. Use the button, or `bnn-designer calibrate`."
    return escape_markdown(f"{why.reason.replace('`', '')}.")


def draw_calibration(key: str, why: NoLatency | None) -> None:
    """The button that measures this machine, or how far that is.

    Args:
        key: tells the places apart where it is drawn.
        why: why this machine has no latencies yet; None where it has.
    """
    job, calibrated = calibration_job(), why is None
    if draw_running(job, key):
        return
    draw_failure(job, job.read())
    st.caption(_calibrated_text(job.read()) if why is None else _not_calibrated_text(why))
    st.button(
        "Measure this machine again" if calibrated else "Measure this machine",
        key=f"calibrate_{key}",
        type="tertiary" if calibrated else "secondary",
        help="Times 14 networks with the inference engine, one thread, and fits the latency model to them: about two "
        "minutes, in a process of its own. The result applies to everyone who uses this server. The same as "
        "`bnn-designer calibrate`. Other work on the machine makes the figures less accurate.",
        on_click=begin,
        args=(calibration_job,),
    )


def _calibrated_text(last: JobState | None) -> str:
    """When this machine was measured, and what disturbed it; a job that ended before that did not measure it."""
    try:
        at = calibration_path().stat().st_mtime
    except OSError:  # removed between two looks
        return ""
    text = f"Measured {time_text(as_time(at))}."
    if last is not None and last.state == "done" and last.reason and last.written_at >= at:
        text += f" ⚠️ {escape_markdown(last.reason)}: measure again when the machine is idle."
    return text
