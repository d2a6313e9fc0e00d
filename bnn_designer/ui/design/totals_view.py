"""The strip of totals: what each figure is, how it changed, how full its budget is; each tile opens the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import streamlit as st

from bnn_designer.cost import DeployOptions
from bnn_designer.cost.devices.catalogue import DEVICES
from bnn_designer.cost.partial import Figures
from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.drafts import Draft
from bnn_designer.ui.design.budgets import Bar, Limits, bars, read_limits
from bnn_designer.ui.design.totals.changes import Seen, change, values
from bnn_designer.ui.design.totals.component import draw_strip, pressed
from bnn_designer.ui.design.totals.figures import CONVENTIONS, Convention, Total, totals
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.formula_view import open_formulas
from bnn_designer.ui.shared.glossary import words_in
from bnn_designer.units import UNKNOWN

#: So many words of the field are explained at one figure.
_MOST_WORDS = 4
_DENSE = {"conv": "packed, as 1x1 convolutions", "float": "in float, as Keras layers are converted"}
_KERNELS = {"indirect": "read their input in place (indirect)", "default": "unfold their input first (default)"}


def read_options() -> tuple[Convention, DeployOptions]:
    """What :func:`draw_counting` chose; both are kept for this tab."""
    convention = st.session_state.get("convention", "larq")
    dense = st.session_state.get("deploy_dense", "conv")
    kernel = st.session_state.get("deploy_kernel", "indirect")
    return cast(Convention, convention), DeployOptions(dense, kernel)


def draw_counting() -> None:
    """How products are counted, and choices of deployment that are not part of the design."""
    with st.popover("Counting", help="Whose rules count, and how the design is deployed. Chosen once for the page."):
        st.radio(
            "Parameters and MACs",
            list(CONVENTIONS),
            format_func=lambda name: name.capitalize(),
            captions=list(CONVENTIONS.values()),
            key="convention",
            persist_state="session",
        )
        st.radio(
            "Binary dense layers run", list(_DENSE), format_func=_DENSE.get, key="deploy_dense", persist_state="session"
        )
        st.radio(
            "Binary convolutions",
            list(_KERNELS),
            format_func=_KERNELS.get,
            key="deploy_kernel",
            persist_state="session",
        )


def draw_budget() -> None:
    """A device to design for, or limits of one's own; the bars in the strip show how much of them is used."""
    with st.popover("Budget", help="Choose a device or type limits: bars show how full they are."):
        st.selectbox(
            "Device",
            [None, *DEVICES],
            format_func=lambda key: "none" if key is None else DEVICES[key].name,
            key="budget_device",
            persist_state="session",
            help="Its flash and RAM are the limits, unless others are typed. Latencies are published for a few.",
        )
        st.text_input(
            "Flash",
            key="budget_flash",
            persist_state="session",
            placeholder="such as 1 MiB",
            help="For the deployed file.",
        )
        st.text_input(
            "RAM", key="budget_ram", persist_state="session", placeholder="such as 256 KiB", help="For the arena."
        )
        st.text_input(
            "Latency", key="budget_ms", persist_state="session", placeholder="such as 20 ms", help="For one image."
        )
        if problem := _limits()[1]:
            st.error(problem)


def _limits() -> tuple[Limits, str]:
    """The limits, and what is wrong with the texts; none then."""
    typed = (str(st.session_state.get(f"budget_{name}") or "") for name in ("flash", "ram", "ms"))
    try:
        return read_limits(st.session_state.get("budget_device"), *typed), ""
    except BnnDesignerError as error:
        return Limits(), str(error)


def draw_totals(draft: Draft, known: Figures, convention: Convention, options: DeployOptions) -> None:
    """The strip; its changes are since the draft's last edit, and since this tab opened it."""
    limits, _ = _limits()
    found = totals(draft.design, options, convention, limits.device)
    latency_ms = next(total.value for total in found if total.name == "latency_ms")
    filled = bars(draft.design, known.report, limits, latency_ms)
    seen = st.session_state.setdefault(f"totals_{draft.id}", Seen.opening(draft))
    seen.see(draft)
    before, first = (values(totals(one, options, convention, limits.device)) for one in (seen.before, seen.first))
    tiles = [_tile(total, before[total.name], first[total.name], filled.get(total.name)) for total in found]
    draw_strip(tiles, _missing(draft.design, known), _blame(found, filled), _is_set(limits))
    blamed = filled.get(pressed("blamed") or "")
    if blamed is not None and blamed.blame:
        state.select(blamed.blame)
        st.rerun()
    total = next((total for total in found if total.name == pressed("opened")), None)
    if total is not None and total.formulas and known.report is not None:
        formulas = known.report.formulas()
        open_formulas([formulas[rule][figure] for rule, figure in total.formulas])


def _is_set(limits: Limits) -> bool:
    return any(one is not None for one in (limits.flash_bytes, limits.ram_bytes, limits.latency_ms))


def _missing(design: Design, known: Figures) -> str:
    """What to do so that every total is known, in one sentence; "" where the network is finished."""
    if not design.blocks:
        return "Nothing to count yet: add a block, and what it costs appears here."
    if known.report is not None:
        return ""
    return f"{'These are the sums so far. ' if known.layers else ''}Finish the network to see the rest."


def _blame(found: tuple[Total, ...], filled: Mapping[str, Bar]) -> str:
    """What takes the most of the limits that are exceeded; "" where none is. Their tiles say by how much."""
    over = [(total.label, filled[total.name]) for total in found if total.name in filled]
    over = [(label, bar) for label, bar in over if bar.share > 1]
    most = 3 if len(over) == 1 else 2  # so that they fit on one line; what a tile opens has all
    said = [(label, bar.shortened(most) or f"{bar.text}.") for label, bar in over]
    return " ".join(f"{label}: {text[:1].lower()}{text[1:]}" for label, text in said)


def _tile(total: Total, before: float | None, first: float | None, bar: Bar | None) -> dict[str, Any]:
    last, whole = change(total, before), change(total, first)
    changes = [f"{last.text} by the last edit."] if last.text else []
    if total.value is not None:
        changes.append(f"{whole.text or 'No change'} since you opened it.")
    # of what is not known the help is an error, whose words need not be those of the figure
    about = f"{total.label} {total.note} {total.help if total.value is not None else ''}"
    return {
        "name": total.name,
        "label": total.label,
        "text": total.text,
        "known": total.value is not None,
        "missing": total.text == UNKNOWN,
        "note": total.note,
        "help": total.help,
        "changes": changes,
        "words": [
            {"term": word.term, "meaning": word.meaning, "matters": word.matters}
            for word in words_in(about)[:_MOST_WORDS]
        ],
        "change": last.text,
        "worse": last.worse,
        "formula": bool(total.formulas),
        "blames": bool(bar and bar.blame),
        "blame": bar.blame_text if bar else "",
        "bar": {"share": min(bar.share, 10.0), "text": bar.text} if bar else None,
    }
