"""The variants of a design as a table, and which are not in it."""

from __future__ import annotations

from functools import lru_cache

from bnn_designer.compare import FIGURES, FIGURES_BY_NAME, Figure, Outcome, Unknown, WhatIf, figure_text, what_if
from bnn_designer.design import Design
from bnn_designer.ui.compare.known import Known, known, report_of
from bnn_designer.ui.compare.table.values import Cell, Column, Row, Sheet
from bnn_designer.ui.compare.words import change_text, exact_figure_text, tone

#: What the cells show, by its name in the address.
SHOWN = {"difference": "Difference", "percent": "In percent", "value": "New value"}
#: The figures of the table: those of the terminal, and the latency of the phone that most figures are published for.
SHOWN_FIGURES: tuple[Figure, ...] = (*FIGURES, FIGURES_BY_NAME["latency_pixel_1_ms"])
#: The row of the design itself.
BASE = "design"
_STATES = {"same": "Already so", "inapplicable": "Does not apply", "refused": "Not a valid network"}


@lru_cache(maxsize=16)
def variants(design: Design) -> WhatIf:
    """Every variant of a design with its costs; kept for the next run of the page.

    Raises:
        DesignError: the design itself cannot be lowered.
    """
    return what_if(design, report_of=report_of)


def changed(found: WhatIf) -> tuple[Outcome, ...]:
    """The variants that are another network."""
    return tuple(one for one in found.outcomes if one.state == "changed" and one.design is not None)


def variant_title(outcome: Outcome) -> str:
    """``First and last layer: 8 bits``."""
    return f"{outcome.variant.group.capitalize()}: {outcome.variant.title}"


def what_if_sheet(found: WhatIf, shown: str, most: int) -> Sheet:
    """The design on top, and a row for each variant that is another network.

    Args:
        shown: a key of :data:`SHOWN`.
        most: how many variants can be ticked.
    """
    base = known(found.design)
    head = Row(
        BASE,
        found.design.name,
        tuple(_base_cell(figure, base) for figure in SHOWN_FIGURES),
        note="as it is",
        pinned=True,
    )
    rows = [
        Row(
            outcome.variant.name,
            variant_title(outcome),
            tuple(_cell(figure, base, known(outcome.design), shown) for figure in SHOWN_FIGURES),
            tick=f"Choose {variant_title(outcome)}",
        )
        for outcome in changed(found)
        if outcome.design is not None
    ]
    columns = (
        Column("variant", "Variant", "What is changed, and in which part of the network.", start=True),
        *(Column(figure.name, figure.heading, figure.help) for figure in SHOWN_FIGURES),
    )
    return Sheet(f"Variants of {found.design.name}", columns, (head, *rows), sortable=True, most=most)


def left_out(found: WhatIf) -> tuple[str, ...]:
    """A sentence for each state in which variants are not in the table, with their reasons."""
    sentences = []
    for state, words in _STATES.items():
        named: dict[str, list[str]] = {}
        for one in found.outcomes:
            if one.state == state:
                named.setdefault(one.reason, []).append(variant_title(one))
        for reason, titles in named.items():
            sentences.append(f"{words}: {'; '.join(titles)}{f' ({reason})' if reason else ''}.")
    return tuple(sentences)


def _base_cell(figure: Figure, base: Known) -> Cell:
    number = base.totals[figure.name]
    hover = f"{figure.heading}: {exact_figure_text(figure, number)} {base.notes.get(figure.name, '')}".rstrip()
    if isinstance(number, Unknown):
        return Cell(figure_text(figure, number), hover=number.reason, tone="unknown")
    return Cell(figure_text(figure, number), hover=hover, sort=number)


def _cell(figure: Figure, base: Known, variant: Known, shown: str) -> Cell:
    before, after = base.totals[figure.name], variant.totals[figure.name]
    if isinstance(after, Unknown):
        return Cell(figure_text(figure, after), hover=after.reason, tone="unknown")
    exact = f"{figure.heading}: {exact_figure_text(figure, after)} {variant.notes.get(figure.name, '')}".rstrip()
    change = change_text(before, after)
    hover = f"{exact} ({change})" if change else exact
    if before == after:
        return Cell(
            "unchanged" if shown != "value" else figure_text(figure, after),
            hover=f"Unchanged. {exact}",
            tone="same",
            sort=after if shown == "value" else 0,
            quiet="" if shown == "value" else "·",
        )
    if isinstance(before, Unknown) or shown == "value":
        # what the design itself lacks has no difference: the variant's figure stands for itself
        return Cell(figure_text(figure, after), hover=hover, tone=tone(before, after), sort=after)
    if shown == "percent" and change:
        return Cell(change, hover=hover, tone=tone(before, after), sort=after / before - 1)
    difference = figure_text(figure, after - before, signed=True)
    return Cell(difference, hover=hover, tone=tone(before, after), sort=after - before)
