"""A sweep for people: its variants with costs and accuracies, and a verdict on each in words."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bnn_designer.compare.figures import figure_text
from bnn_designer.compare.more_figures import FIGURES_BY_NAME
from bnn_designer.sweeps.plan import PlannedVariant
from bnn_designer.sweeps.results import Results, VariantResult, verdict_text
from bnn_designer.sweeps.words import plan_text
from bnn_designer.units import percent_text

#: The costs that stand beside an accuracy: flash, RAM and work; ``--json`` has all.
_COSTS = tuple(FIGURES_BY_NAME[name] for name in ("file_bytes", "arena_bytes", "macs"))


def print_results(found: Results, console: Console) -> None:
    """A line for each variant, then what went wrong, then what the verdict is."""
    table = _table("accuracy", "spread", "n", verdict=True)
    for one in found.variants:
        table.add_row(
            escape(one.planned.variant.title),
            *_accuracy(one),
            *_costs(one.planned),
            "compared with" if one.planned is found.first else escape(verdict_text(one, found.plan)),
        )
    console.print(table)
    _print_problems(found, console)
    if len(found.variants) > 1:
        console.print(
            "\nAccuracy: mean over seeds of the best validation of a run; spread: sample deviation. The intervals (±) "
            "are Welch's of the difference to the first variant, and hold together with 95 %.",
            highlight=False,
        )


def print_plan(found: Results, console: Console) -> None:
    """What a sweep would train, what it costs, and what is there already."""
    table = _table("runs there")
    for one in found.variants:
        done = sum(member.state == "done" for member in one.members)
        there = f"{done} of {len(found.plan.sweep.seeds)}" if one.planned.design is not None else "left out"
        if one.planned.same_as is not None:
            there = verdict_text(one, found.plan)
        table.add_row(escape(one.planned.variant.title), escape(there), *_costs(one.planned))
    console.print(table)
    _print_problems(found, console)
    console.print(f"\n{plan_text(found)}", highlight=False)


def _table(*columns: str, verdict: bool = False) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("variant", overflow="fold", min_width=12)
    for title in (*columns, *(figure.title if figure.name != "arena_bytes" else "RAM" for figure in _COSTS)):
        table.add_column(title, justify="right", no_wrap=True)
    if verdict:
        table.add_column("against the first", overflow="fold", min_width=16)
    return table


def _accuracy(one: VariantResult) -> tuple[str, str, str]:
    if one.accuracy is None:
        return "-", "-", "0"
    deviation = one.accuracy.deviation
    spread = "-" if deviation is None else f"{deviation * 100:.1f}"
    return percent_text(one.accuracy.mean), spread, str(one.accuracy.count)


def _costs(planned: PlannedVariant) -> tuple[str, ...]:
    if planned.totals is None:
        return ("-",) * len(_COSTS)
    return tuple(figure_text(figure, planned.totals[figure.name]) for figure in _COSTS)


def _print_problems(found: Results, console: Console) -> None:
    for sentence in found.problems():
        console.print(sentence, highlight=False, markup=False, style="yellow")
