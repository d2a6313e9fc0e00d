"""The third view of the Compare page: any two figures against each other, and the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from bnn_designer.compare import grouped
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.errors import DesignError
from bnn_designer.runs.drafts import Draft
from bnn_designer.ui.compare.figure_help import draw_notes
from bnn_designer.ui.compare.points import (
    AXES,
    Axis,
    Candidate,
    Task,
    front_of,
    is_about,
    points,
    published_candidates,
    spans_decades,
    task,
)
from bnn_designer.ui.compare.points_table import points_sheet, sources
from bnn_designer.ui.compare.scatter import scatter_chart
from bnn_designer.ui.compare.sources import MOST, draft_source, resolve
from bnn_designer.ui.compare.table.sheet_view import draw_sheet
from bnn_designer.ui.compare.table.values import Picked
from bnn_designer.ui.compare.trained_runs import final_accuracies
from bnn_designer.ui.compare.what_if_table import changed, variant_title, variants
from bnn_designer.ui.shared import state, tab
from bnn_designer.ui.shared.charts import ink_of
from bnn_designer.ui.shared.choice_widgets import draw_select
from bnn_designer.ui.shared.choices import choice, choices, choose, choose_several
from bnn_designer.ui.shared.controlled import controlled_key, when_current
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.ui.shared.trained_runs import design_of, trained_runs

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
    with st.container(horizontal=True, vertical_alignment="bottom", key="trade_off_choices"):
        of = _draw_task(draft)
        with st.container(horizontal=True, width="content", key="trade_off_across"):
            x, x_scale = _draw_axis("x", "Horizontal", _DEFAULT_X)
        with st.container(horizontal=True, width="content", key="trade_off_up"):
            y, y_scale = _draw_axis("y", "Vertical", _DEFAULT_Y)
    shown = _draw_shown()
    candidates = _candidates(of, shown, draft, needs_final="final_accuracy" in (x.name, y.name))
    found, without = points(candidates, x, y)
    if not found:
        _draw_empty(of, shown, without)
        return
    front = front_of(found, x, y)
    logarithmic = (
        _is_logarithmic(x_scale, x, [one.x.number for one in found]),
        _is_logarithmic(y_scale, y, [one.y.number for one in found]),
    )
    chart = scatter_chart(found, front, x, y, logarithmic, ink_of(st.context.theme.type))
    st.plotly_chart(chart, key="trade_off_chart", config={"displaylogo": False})
    named = ", ".join(found[index].candidate.name for index in front)
    st.markdown(f"**On the Pareto front:** {escape_markdown(named)}")
    st.caption(
        "No design on the front is beaten in both figures by another one that is shown. Costs are this project's own "
        "counts for all designs alike. Accuracies are published ones (open diamonds) or reached here (filled circles, "
        "with bars from the least to the best seed; ± is the sample deviation). Their recipes differ: a short run here "
        "says little against a published figure."
    )
    sheet = points_sheet(found, front, x, y)
    draw_sheet(sheet, "trade_off_table", sort=choice("points_sort", ""), on_picked=_sort)
    accuracy = None in (x.figure, y.figure)
    draw_notes((*(sources(found) if accuracy else ()), *_left_out(without)))


def _is_logarithmic(chosen: str, axis: Axis, numbers: list[float]) -> bool:
    return chosen == "log" or (chosen == "auto" and axis.figure is not None and spans_decades(numbers))


def _sort(picked: Picked) -> None:
    choose("points_sort", picked.sort)


def _draw_task(draft: Draft | None) -> Task:
    """The images and classes that the designs shown are for."""
    own = [task(draft.design)] if draft else []
    known = {one.name: one for one in (*own, *(task(preset(name)) for name in PRESETS))}
    default = own[0].name if own else list(known)[-1]
    name = choice("task", default, known)
    draw_select(
        "Task",
        "task",
        name,
        {one: shown.label for one, shown in known.items()},
        default,
        key="trade_off_task",
        width=300,
        help="Accuracies and costs compare only among networks for the same images and classes.",
    )
    return known[name]


def _draw_axis(name: str, label: str, default: str) -> tuple[Axis, str]:
    """The figure of an axis, and how it is divided."""
    value = choice(name, default, AXES)
    labels = {one: axis.label for one, axis in AXES.items()}
    draw_select(label, name, value, labels, default, key=f"trade_off_{name}", width=230, help=AXES[value].help)
    divided = choice(f"{name}_scale", "auto", _SCALES)
    draw_select(
        f"{label} scale",
        f"{name}_scale",
        divided,
        _SCALES,
        "auto",
        key=f"trade_off_{name}_scale",
        width=150,
        help="Automatic: logarithmic where the largest cost is at least ten times the least.",
    )
    return AXES[value], divided


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
        on_change=when_current(key, lambda new: choose_several("show", new, _DEFAULT_SHOWN)),
    )
    return shown


def _candidates(of: Task, shown: Sequence[str], draft: Draft | None, *, needs_final: bool) -> list[Candidate]:
    """The designs of a task that are to be shown; what several groups hold is shown once."""
    default = (draft_source(draft.id),) if draft else ()
    designs, _ = resolve(choices("designs", default)[:MOST] if "chosen" in shown else (), draft)
    chosen = [Candidate(one.title, "design", one.design, one.kind) for one in designs if task(one.design) == of]
    presets = published_candidates(of) if "presets" in shown else []
    published = {one.design for one in presets if one.kind == "published"}
    chosen = [one for one in chosen if one.design not in published]
    there = {one.design for one in chosen}
    found = [one for one in presets if one.design not in there]
    if "trained" in shown:
        found += _trained(of, needs_final=needs_final)
    found += chosen
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
        record = records[group.runs[0].id]
        design = design_of(record.design_json)
        if design is not None and task(design) == of and is_about(of, record.recipe.data):
            found.append(Candidate(group.runs[0].name, "trained", design, group.recipe, trained=group))
    return found


def _draw_empty(of: Task, shown: Sequence[str], without: dict[str, list[str]]) -> None:
    if not shown:
        st.info("Nothing is shown. Choose which designs to show.")
        return
    st.info(
        f"No design for {of.label} has both figures yet. Train a design, choose another task, or two costs as figures."
    )
    st.page_link("pages/train.py", label="Train a design", query_params=tab.link_parameters())
    draw_notes(_left_out(without))


def _left_out(without: dict[str, list[str]]) -> list[str]:
    """A sentence for each reason why designs are no points."""
    return [f"Not in the chart: {', '.join(names)} ({reason})." for reason, names in without.items()]
