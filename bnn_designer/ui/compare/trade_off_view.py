"""The third view of the Compare page: any two figures against each other, and the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from bnn_designer.compare import grouped
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.errors import DesignError
from bnn_designer.runs.drafts import Draft
from bnn_designer.ui.compare.choices import choice, choices, choose, choose_several
from bnn_designer.ui.compare.points import (
    AXES,
    Candidate,
    Task,
    front_of,
    points,
    published_candidates,
    spans_decades,
    task,
)
from bnn_designer.ui.compare.scatter import points_sheet, scatter_chart
from bnn_designer.ui.compare.sources import MOST, draft_source, resolve
from bnn_designer.ui.compare.table.sheet_view import draw_sheet
from bnn_designer.ui.compare.table.values import Picked
from bnn_designer.ui.compare.trained_runs import design_of, final_accuracies, trained_runs
from bnn_designer.ui.compare.what_if_table import changed, variant_title, variants
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.controlled import controlled_key
from bnn_designer.ui.shared.look import escape_markdown

_SHOWN = {
    "presets": "Published networks and presets",
    "trained": "Trained here",
    "chosen": "Designs side by side",
    "variants": "Variants of the draft",
}
_DEFAULT_SHOWN = ("presets", "trained", "chosen")
_DEFAULT_X, _DEFAULT_Y = "file_bytes", "accuracy"
_SCALES = {"auto": "Automatic", "linear": "Linear", "log": "Logarithmic"}
#: More recipes than these make the chart a cloud; the newest are shown.
_MOST_TRAINED = 40


def draw_trade_offs(draft: Draft | None) -> None:
    """The choice of figures and designs, the chart, and the same as a table."""
    of = _draw_task(draft)
    x, y, scales = _draw_axes()
    shown = _draw_shown()
    candidates = _candidates(of, shown, draft, needs_final="final_accuracy" in (x, y))
    found, without = points(candidates, AXES[x], AXES[y])
    if not found:
        _draw_empty(of, shown, without)
        return
    front = front_of(found, AXES[x], AXES[y])
    logarithmic = tuple(
        scale == "log" or (scale == "auto" and AXES[name].figure is not None and spans_decades(values))
        for name, scale, values in (
            (x, scales[0], [one.x.number for one in found]),
            (y, scales[1], [one.y.number for one in found]),
        )
    )
    chart = scatter_chart(found, front, AXES[x], AXES[y], (logarithmic[0], logarithmic[1]))
    st.plotly_chart(chart, key="trade_off_chart", config={"displaylogo": False})
    named = ", ".join(found[index].candidate.name for index in front)
    st.markdown(f"**On the Pareto front:** {escape_markdown(named)}")
    st.caption(
        "No design on the front is beaten in both figures by another one that is shown. Costs are this project's own "
        "counts for all designs alike; accuracies are published ones (open diamonds) or reached here (filled circles, "
        "their bars from the least to the best seed). They come from different recipes, so that a short run here says "
        "little against a published figure."
    )
    sheet = points_sheet(found, front, AXES[x], AXES[y])
    draw_sheet(sheet, "trade_off_table", sort=choice("points_sort", ""), on_picked=_sort)
    _draw_without(without)


def _sort(picked: Picked) -> None:
    choose("points_sort", picked.sort)


def _draw_task(draft: Draft | None) -> Task:
    """The images and classes that the designs shown are for."""
    own = [task(draft.design)] if draft else []
    known = {one.name: one for one in (*own, *(task(preset(name)) for name in PRESETS))}
    default = own[0].name if own else list(known)[-1]
    name = choice("task", default, known)
    key = controlled_key("trade_off_task", name)
    st.selectbox(
        "Task",
        list(known),
        index=list(known).index(name),
        format_func=lambda one: known[one].label,
        key=key,
        width=420,
        help="Accuracies and costs compare only among networks for the same images and classes.",
        on_change=lambda: choose("task", st.session_state[key], default),
    )
    return known[name]


def _draw_axes() -> tuple[str, str, tuple[str, str]]:
    """The figures of both axes, and how each is divided."""
    columns = st.columns([3, 2, 3, 2], vertical_alignment="bottom")
    x = _figure_choice(columns[0], "x", "Horizontal", _DEFAULT_X)
    x_scale = _scale_choice(columns[1], "x_scale", "Horizontal scale")
    y = _figure_choice(columns[2], "y", "Vertical", _DEFAULT_Y)
    y_scale = _scale_choice(columns[3], "y_scale", "Vertical scale")
    return x, y, (x_scale, y_scale)


def _figure_choice(column: st.delta_generator.DeltaGenerator, name: str, label: str, default: str) -> str:
    value = choice(name, default, AXES)
    key = controlled_key(f"trade_off_{name}", value)
    column.selectbox(
        label,
        list(AXES),
        index=list(AXES).index(value),
        format_func=lambda one: AXES[one].label,
        key=key,
        help=AXES[value].help,
        on_change=lambda: choose(name, st.session_state[key], default),
    )
    return value


def _scale_choice(column: st.delta_generator.DeltaGenerator, name: str, label: str) -> str:
    value = choice(name, "auto", _SCALES)
    key = controlled_key(f"trade_off_{name}", value)
    column.selectbox(
        label,
        list(_SCALES),
        index=list(_SCALES).index(value),
        format_func=lambda one: _SCALES[one],
        key=key,
        help="Automatic: logarithmic where the largest cost is at least ten times the least.",
        on_change=lambda: choose(name, st.session_state[key], "auto"),
    )
    return value


def _draw_shown() -> tuple[str, ...]:
    shown = tuple(name for name in choices("show", _DEFAULT_SHOWN) if name in _SHOWN)
    key = controlled_key("trade_off_shown", list(shown))
    st.pills(
        "Shown",
        list(_SHOWN),
        selection_mode="multi",
        default=list(shown),
        format_func=lambda name: _SHOWN[name],
        key=key,
        on_change=lambda: choose_several("show", st.session_state[key], _DEFAULT_SHOWN),
    )
    return shown


def _candidates(of: Task, shown: Sequence[str], draft: Draft | None, *, needs_final: bool) -> list[Candidate]:
    """The designs of a task that are to be shown; what several groups hold is shown once."""
    found: list[Candidate] = []
    if "presets" in shown:
        found += published_candidates(of)
    if "trained" in shown:
        found += _trained(of, needs_final=needs_final)
    if "chosen" in shown:
        default = (draft_source(draft.id),) if draft else ()
        designs, _ = resolve(choices("designs", default)[:MOST], draft)
        there = {one.design for one in found}
        found += [
            Candidate(one.title, "design", one.design, one.kind)
            for one in designs
            if task(one.design) == of and one.design not in there
        ]
    if "variants" in shown and draft is not None and task(draft.design) == of:
        found += _variants(draft)
    return found


def _variants(draft: Draft) -> list[Candidate]:
    try:
        outcomes = changed(variants(draft.design))
    except DesignError:
        return []
    return [
        Candidate(variant_title(one), "variant", one.design, f"variant of {draft.design.name}")
        for one in outcomes
        if one.design is not None
    ]


def _trained(of: Task, *, needs_final: bool) -> list[Candidate]:
    """A candidate for each design and recipe that has run here."""
    records = {record.id: record for record in state.store().runs()}
    groups = grouped(trained_runs(records.values()))[:_MOST_TRAINED]
    if needs_final:
        finals = final_accuracies([run.id for group in groups for run in group.counted])
        groups = tuple(
            replace(group, runs=tuple(replace(run, final=finals.get(run.id)) for run in group.runs)) for group in groups
        )
    found = []
    for group in groups:
        design = design_of(records[group.runs[0].id].design_json)
        if design is not None and task(design) == of:
            found.append(Candidate(group.runs[0].name, "trained", design, group.recipe, trained=group))
    return found


def _draw_empty(of: Task, shown: Sequence[str], without: dict[str, list[str]]) -> None:
    if not shown:
        st.info("Nothing is shown. Choose which designs to show.")
        return
    st.info(
        f"No design for {of.label} has both figures yet. Train a design, choose another task, or two costs as figures."
    )
    st.page_link("pages/train.py", label="Train a design", query_params=state.link_parameters())
    _draw_without(without)


def _draw_without(without: dict[str, list[str]]) -> None:
    for reason, names in without.items():
        st.caption(escape_markdown(f"Not in the chart: {', '.join(names)} ({reason})."))
