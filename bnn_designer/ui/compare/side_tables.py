"""Designs side by side as tables: what they cost, of what blocks they are, and what training made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bnn_designer.compare import (
    ALL_FIGURES,
    BlockRow,
    Figure,
    Moment,
    Spread,
    TrainedGroup,
    Unknown,
    figure_text,
    network_key,
    structure,
)
from bnn_designer.ui.compare.known import Known, known
from bnn_designer.ui.compare.sources import Chosen
from bnn_designer.ui.compare.table.values import Cell, Column, Row, Sheet
from bnn_designer.ui.compare.words import (
    change_text,
    exact_figure_text,
    field_change_text,
    settings_text,
    tone,
    value_text,
)
from bnn_designer.ui.shared.look import kind_title
from bnn_designer.units import percent_text, shape_text

NO_RUN = "no run yet"
_REFERENCE = "the others differ from this one"


def cost_sheet(designs: Sequence[Chosen]) -> Sheet:
    """Every figure of every design, and how it differs from that of the first."""
    found = [known(one.design) for one in designs]
    rows = tuple(
        Row(figure.name, figure.heading, _cost_cells(figure, found), hover=figure.help) for figure in ALL_FIGURES
    )
    return Sheet("Costs", _columns("Figure", designs), rows, fit=True)


def unknown_costs(designs: Sequence[Chosen]) -> tuple[str, ...]:
    """Which figures are unknown of which designs, and why: a sentence for each reason."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for one in designs:
        reasons: dict[str, list[str]] = {}
        for figure in ALL_FIGURES:
            number = known(one.design).totals[figure.name]
            if isinstance(number, Unknown):
                reasons.setdefault(number.reason, []).append(figure.heading)
        for reason, figures in reasons.items():
            found.setdefault((reason, tuple(figures)), []).append(one.title)
    return tuple(
        f"Unknown of {', '.join(titles)}: {_listed(figures)} ({reason})." for (reason, figures), titles in found.items()
    )


def _listed(figures: Sequence[str]) -> str:
    return "every figure" if len(figures) == len(ALL_FIGURES) else ", ".join(figures)


def structure_sheet(designs: Sequence[Chosen], only_differing: bool) -> tuple[Sheet, int, int]:
    """The blocks of the designs aligned; then how many of them differ, and of how many."""
    found = structure([one.design for one in designs])
    differing = sum(row.differs for row in found)
    rows = [
        Row(f"block{index}", *_block_title(row), note=row.first.block.id, depth=row.depth)
        for index, row in enumerate(found)
        if row.differs or not only_differing
    ]
    columns = tuple(replace(column, start=True) for column in _columns("Block", designs))
    sheet = Sheet("Structure", columns, (*_document_rows(designs, only_differing), *rows), compact=True)
    return sheet, differing, len(found)


def runs_sheet(designs: Sequence[Chosen], groups: Sequence[TrainedGroup]) -> Sheet:
    """What training made of each design: a row for each recipe that it was trained with, or one that says none was."""
    rows = []
    for number, one in enumerate(designs):
        own = [group for group in groups if group.network == network_key(one.design)]
        if not own:
            none = Cell(NO_RUN, hover="Train it on the Train page; its accuracy then stands here.", tone="unknown")
            rows.append(Row(f"{number}", one.title, (none,) * 4, note=one.kind))
        rows += [
            Row(f"{number}.{place}", one.title, _group_cells(group), note=one.kind) for place, group in enumerate(own)
        ]
    columns = (
        Column("design", "Design", start=True),
        Column("recipe", "Recipe", "Everything but the seed.", start=True),
        Column("runs", "Runs", "By their state; a seed that ran twice counts once.", start=True),
        Column("best", "Best epoch", _MOMENTS["best"]),
        Column("final", "Last epoch", _MOMENTS["final"]),
    )
    return Sheet("Training runs", columns, tuple(rows))


_MOMENTS: dict[Moment, str] = {
    "best": "Validation accuracy of the best epoch, over the seeds. Picked on the images that it is measured with, so "
    "slightly too good.",
    "final": "Validation accuracy after the last epoch, over the seeds.",
}
#: For the help beside the figures.
ACCURACY_HELP = (("Best epoch", _MOMENTS["best"]), ("Last epoch", _MOMENTS["final"]))


def spread_text(found: Spread) -> str:
    """``± 0.4 over 3 seeds``; of one seed nothing is known of the spread."""
    if found.deviation is None:
        return "one seed, spread unknown"
    return f"{found.deviation_text} over {found.count} seeds"


def _columns(first: str, designs: Sequence[Chosen]) -> tuple[Column, ...]:
    return (
        Column("title", first, start=True),
        *(
            Column(one.source, one.title, f"{one.kind}: {_REFERENCE}" if number == 0 else one.kind, note=one.kind)
            for number, one in enumerate(designs)
        ),
    )


def _cost_cells(figure: Figure, found: Sequence[Known]) -> tuple[Cell, ...]:
    numbers = [one.totals[figure.name] for one in found]
    sure = [number for number in numbers if not isinstance(number, Unknown)]
    least = min(sure) if len(set(sure)) > 1 else None
    cells = []
    for place, (one, number) in enumerate(zip(found, numbers, strict=True)):
        if isinstance(number, Unknown):
            cells.append(Cell(figure_text(figure, number), hover=number.reason, tone="unknown"))
            continue
        beside = one.notes.get(figure.name, "")
        text = f"{figure_text(figure, number)} {beside}".rstrip()
        notes = [_difference(figure, numbers[0], number)] if place else []
        notes += ["least"] if number == least else []
        hover = f"{figure.heading}: {exact_figure_text(figure, number)}"
        cells.append(
            Cell(text, " · ".join(filter(None, notes)), hover, tone(numbers[0], number) if place else "", number)
        )
    return tuple(cells)


def _difference(figure: Figure, before: float | Unknown, after: float) -> str:
    if isinstance(before, Unknown) or before == after:
        return ""
    change = change_text(before, after)
    return figure_text(figure, after - before, signed=True) + (f" ({change})" if change else "")


def _document_rows(designs: Sequence[Chosen], only_differing: bool) -> list[Row]:
    """The image and the classes, where they differ or all is shown."""
    rows = []
    for name, title in (("input_shape", "Image"), ("classes", "Classes")):
        values = [getattr(one.design, name) for one in designs]
        if len(set(values)) > 1 or not only_differing:
            texts = [shape_text(value) if isinstance(value, tuple) else value_text(value) for value in values]
            cells = tuple(
                Cell(text, tone="strong" if value != values[0] else "", start=True)
                for text, value in zip(texts, values, strict=True)
            )
            rows.append(Row(name, title, cells))
    return rows


def _block_title(row: BlockRow) -> tuple[str, tuple[Cell, ...]]:
    block = row.first.block
    return block.label or kind_title(block.kind), tuple(_block_cell(row, place) for place in range(len(row.cells)))


def _block_cell(row: BlockRow, place: int) -> Cell:
    """A block against that of the first design; what the first lacks is none of its own changes."""
    cell, reference = row.cells[place], row.cells[0]
    if cell is None:
        if place == 0 or reference is None:
            return Cell("absent", tone="same", start=True, quiet="-")
        return Cell("- absent", hover="Not in this design.", tone="strong", start=True)
    settings = settings_text(cell.block) or "present"
    if reference is None:
        return Cell(f"+ {settings}", hover=cell.path, tone="strong", start=True)
    if place == 0:
        return Cell(settings, hover=cell.path, start=True)
    changes = [field_change_text(change) for change in cell.changes] + ["moved"] * cell.moved
    if not changes:
        return Cell("the same", hover=f"{cell.path}: {settings}", tone="same", start=True, quiet="·")
    return Cell(f"≠ {'; '.join(changes)}", hover=cell.path, tone="strong", start=True)


def _group_cells(group: TrainedGroup) -> tuple[Cell, ...]:
    states: dict[str, int] = {}
    for run in group.runs:
        states[run.status] = states.get(run.status, 0) + 1
    seeds = ", ".join(str(seed) for seed in sorted({run.seed for run in group.runs}))
    return (
        Cell(group.recipe, start=True),
        Cell(
            ", ".join(f"{count} {status}" for status, count in states.items()),
            f"{'seed' if ',' not in seeds else 'seeds'} {seeds}",
            start=True,
        ),
        _accuracy_cell(group, "best"),
        _accuracy_cell(group, "final"),
    )


def _accuracy_cell(group: TrainedGroup, moment: Moment) -> Cell:
    found = group.accuracy(moment)
    if found is None:
        return Cell("not known yet", hover="No run with this recipe is done.", tone="unknown")
    hover = f"{percent_text(found.least, 2)} to {percent_text(found.most, 2)}"
    return Cell(percent_text(found.mean), spread_text(found), hover, "", found.mean)
