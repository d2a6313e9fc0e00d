"""What the runs of a sweep say, as a table: accuracy, difference and verdict beside what each variant costs."""

from __future__ import annotations

from bnn_designer.compare import FIGURES_BY_NAME, Figure, Unknown, figure_text
from bnn_designer.compare.significance import Verdict
from bnn_designer.sweeps.plan import PlannedVariant
from bnn_designer.sweeps.results import Results, VariantResult, verdict_text
from bnn_designer.sweeps.words import variant_words
from bnn_designer.ui.compare.table.values import Cell, Column, Row, Sheet, Tone
from bnn_designer.ui.compare.words import exact_figure_text

#: The costs that stand beside an accuracy: flash, RAM and work.
_COSTS = tuple(FIGURES_BY_NAME[name] for name in ("file_bytes", "arena_bytes", "macs"))
_VERDICTS: dict[Verdict, tuple[str, Tone]] = {
    "better": ("better by more than noise", "strong"),
    "worse": ("worse by more than noise", "strong"),
    "noise": ("no more than noise", ""),
    "unknown": ("cannot be told", "unknown"),
}
HOW_IT_IS_TOLD = (
    "Accuracy: mean over seeds of the best validation of a run, ± the sample deviation, n runs. The intervals of the "
    "differences (±) are Welch's and hold together with 95 %: one that leaves out 0 differs by more than noise."
)


def sweep_sheet(found: Results) -> Sheet:
    """A row for each variant, in the sweep's order."""
    rows = tuple(
        Row(
            f"variant{index}",
            variant_words(one.planned.variant),
            (_runs(one), _accuracy(one), *_against_first(one, found), *(_cost(one.planned, each) for each in _COSTS)),
        )
        for index, one in enumerate(found.variants)
    )
    columns = (
        Column("variant", "Variant", "What is changed in the design.", start=True),
        Column("runs", "Runs done", "Of those that the sweep has of the variant."),
        Column("accuracy", "Accuracy", "Mean of the best validation of each run, ± the sample deviation."),
        Column("difference", "Difference", "Points of percent more than the first variant, with their interval."),
        Column("verdict", "Against the first", "Whether it differs by more than seeds do.", start=True),
        *(Column(figure.name, figure.heading, figure.help) for figure in _COSTS),
    )
    return Sheet(f"Trained variants of {found.plan.sweep.design.name}", columns, rows)


def _runs(one: VariantResult) -> Cell:
    if one.planned.design is None:
        return Cell("left out", hover=one.planned.problem, tone="unknown")
    return Cell(f"{sum(member.state == 'done' for member in one.members)} of {len(one.members)}")


def _accuracy(one: VariantResult) -> Cell:
    if one.accuracy is None:
        return Cell("not yet" if one.planned.design is not None else "-", tone="same")
    least, most = one.accuracy.least * 100, one.accuracy.most * 100
    return Cell(one.accuracy_text, hover=f"From {least:.2f} to {most:.2f} %")


def _against_first(one: VariantResult, found: Results) -> tuple[Cell, Cell]:
    if one.planned is found.first:
        return Cell("", tone="same"), Cell("the others are held against it", tone="same", start=True)
    comparison = one.comparison
    if comparison is None:  # left out, or the same network as another one
        text = verdict_text(one, found.plan)
        if one.planned.same_as is not None:
            text = f"the same network as {variant_words(found.plan.variants[one.planned.same_as].variant)}"
        return Cell("", tone="same"), Cell(text, tone="same", start=True)
    points = "" if comparison.difference is None else f"{comparison.difference * 100:+.1f}"
    margin = "" if comparison.margin is None else f" ± {comparison.margin * 100:.1f}"
    words, tone = _VERDICTS[comparison.verdict]
    difference = Cell(f"{points}{margin} points" if points else "-", tone="" if points else "same")
    return difference, Cell(words, hover=comparison.reason, tone=tone, start=True)


def _cost(planned: PlannedVariant, figure: Figure) -> Cell:
    if planned.totals is None:
        return Cell("-", tone="same")
    number = planned.totals[figure.name]
    if isinstance(number, Unknown):
        return Cell(figure_text(figure, number), hover=number.reason, tone="unknown")
    return Cell(figure_text(figure, number), hover=exact_figure_text(figure, number))
