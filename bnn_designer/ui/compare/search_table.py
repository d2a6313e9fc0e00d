"""What a search has tried as tables: what was trained, of which one can be picked, and what was not."""

from __future__ import annotations

from bnn_designer.compare import FIGURES_BY_NAME, Figure, figure_text
from bnn_designer.search.results import Found
from bnn_designer.search.trials import Trial, dominates
from bnn_designer.search.words import untrained_text
from bnn_designer.ui.compare.search_points import ACCURACY, trained, trial_title
from bnn_designer.ui.compare.table.values import Cell, Column, Row, Sheet
from bnn_designer.ui.compare.words import exact_figure_text
from bnn_designer.units import UNKNOWN, counted, percent_text

_CHANGES = Column("changes", "What is changed", "Against the design that the search began with.", start=True)


def trained_sheet(found: Found) -> Sheet:
    """A row for each trial that had a run: the front first, from the most accurate on, then the others as they came."""
    figures = _figures(found)
    others = [one for one in trained(found) if one not in found.front]
    rows = tuple(
        Row(
            row_id(found, one),
            trial_title(found, one),
            (
                Cell(found.changes(one), sort=found.changes(one), start=True),
                _accuracy(one),
                *(_figure(one, figure) for figure in figures),
                _place(found, one),
            ),
            tick=f"Choose {trial_title(found, one).lower()}",
            strong=one in found.front,
        )
        for one in (*found.front, *others)
    )
    columns = (
        Column("trial", "Trial", "Its number among those that were trained.", start=True),
        _CHANGES,
        Column("accuracy", "Accuracy", ACCURACY.help),
        *(Column(figure.name, figure.heading, figure.help) for figure in figures),
        Column("front", "Pareto front", "Of accuracy and all figures with a budget.", start=True),
    )
    return Sheet(f"Trained by the search of {found.search.design.name}", columns, rows, sortable=True, most=1)


def untrained_sheet(found: Found, most: int) -> Sheet:
    """The proposals that were never trained, at most so many: those nearest to the budget first."""
    figures = _figures(found)
    rows = tuple(
        Row(
            f"untrained{index}",
            found.changes(one),
            (
                *(_figure(one, figure) for figure in figures),
                Cell(untrained_text(one, found.search.limits), start=True),
            ),
        )
        for index, one in enumerate(untrained(found)[:most])
    )
    columns = (
        _CHANGES,
        *(Column(figure.name, figure.heading, figure.help) for figure in figures),
        Column("why", "Why it was not trained", start=True),
    )
    return Sheet(f"Not trained by the search of {found.search.design.name}", columns, rows)


def untrained(found: Found) -> list[Trial]:
    """What is over budget, that by the least first, and then what is no network that fits."""

    def over(one: Trial) -> float:
        if one.state != "over":
            return float("inf")
        return max(limit.over(one.figures) for limit in found.search.limits)

    return sorted((one for one in found.trials if not one.is_trained), key=over)


def row_id(found: Found, trial: Trial) -> str:
    """As the address has it: the trial's number."""
    return str(found.number(trial))


def _figures(found: Found) -> tuple[Figure, ...]:
    return tuple(FIGURES_BY_NAME[name] for name in found.search.figures)


def _accuracy(one: Trial) -> Cell:
    note = "" if one.epochs is None else f"after {counted(one.epochs, 'epoch')}"
    return Cell(percent_text(one.accuracy), note, sort=one.accuracy, tone="same" if one.accuracy is None else "")


def _figure(one: Trial, figure: Figure) -> Cell:
    number = one.figures.get(figure.name)
    if number is None:
        return Cell(UNKNOWN, tone="same")
    return Cell(figure_text(figure, number), hover=exact_figure_text(figure, number), sort=number)


def _place(found: Found, one: Trial) -> Cell:
    """Whether a trial is on the front, which trial there beats it, or why it has no place."""
    if one in found.front:
        return Cell("on the front", tone="strong", sort=0, start=True)
    if one.state == "done" and one.accuracy is not None:
        better = next(other for other in found.front if dominates(other, one, found.search.limits))
        return Cell(f"beaten by {found.number(better)}", tone="same", sort=1, start=True)
    words = "cancelled early" if one.state == "pruned" else "failed"
    return Cell(words, hover=one.reason, tone="same", sort=2, start=True)
