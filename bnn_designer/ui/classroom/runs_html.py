"""The runs of a class as a table, each with the ways to its network and into what it learned; all text is escaped."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from html import escape
from urllib.parse import urlencode

from bnn_designer.classroom import Entry
from bnn_designer.compare import Unknown
from bnn_designer.design import Design
from bnn_designer.design.links import PARAMETER, link_text
from bnn_designer.errors import DesignError
from bnn_designer.runs.records import RunRecord
from bnn_designer.ui.classroom.class_table import head, table
from bnn_designer.units import bytes_text, percent_text

_COLUMNS = (
    ("Member", ""),
    ("Network", ""),
    ("Validation accuracy", "number"),
    ("File", "number"),
    ("State", ""),
    ("Pareto front", ""),
    ("Run", ""),
)


def runs_html(entries: Sequence[Entry], runs: Mapping[str, RunRecord], openable: Collection[str]) -> str:
    """A row a run.

    Args:
        entries: of a board.
        runs: those of the class, by their ids.
        openable: ids of the runs whose pages this tab may see; the others are told by their id alone.
    """
    rows = "".join(_row(entry, runs[entry.run_id], entry.run_id in openable) for entry in entries)
    return table("The runs of the class", head(*_COLUMNS), rows)


def _row(entry: Entry, run: RunRecord, is_openable: bool) -> str:
    size = entry.file_bytes
    return (
        f'<tr><th scope="row">{escape(entry.who)}</th><td>{_network(entry, run)}</td>'
        f'<td class="number">{percent_text(entry.accuracy)}</td>'
        f'<td class="number">{"unknown" if isinstance(size, Unknown) else bytes_text(size)}</td>'
        f"<td>{entry.status}</td><td>{'on it' if entry.on_front else ''}</td>"
        f"<td>{_run(entry, run) if is_openable else escape(entry.run_id)}</td></tr>"
    )


def _network(entry: Entry, run: RunRecord) -> str:
    """Its name, which opens it as a draft; the name alone where no link can hold it, or it cannot be read any more."""
    text = _link_text(run.design_json)
    if text is None:
        return escape(entry.name)
    return _link("./", {PARAMETER: text}, entry.name, f"Open the network {entry.name} of {entry.who} as a draft")


def _run(entry: Entry, run: RunRecord) -> str:
    if run.ended and entry.accuracy is not None:
        return _link("inside", {"run": entry.run_id}, "Look inside", f"Look inside run {entry.run_id} of {entry.who}")
    return _link("train", {"run": entry.run_id}, "Its curves", f"The curves of run {entry.run_id} of {entry.who}")


def _link(page: str, parameters: Mapping[str, str], text: str, says: str) -> str:
    """To a page beside the teacher's, wherever a proxy has put the app."""
    # what is read aloud begins with what is seen
    name = escape(says if says.startswith(text) else f"{text}: {says}")
    return f'<a href="{page}?{escape(urlencode(parameters))}" aria-label="{name}">{escape(text)}</a>'


@lru_cache(maxsize=1024)
def _link_text(design_json: str) -> str | None:
    try:
        return link_text(Design.from_json(design_json))
    except DesignError:
        return None
