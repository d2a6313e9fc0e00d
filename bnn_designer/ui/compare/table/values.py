"""What a table holds, as plain values, and the data that the component in the browser draws it from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

#: How a cell differs from what it is compared with: it decides the sign beside a difference and the weight of the text.
#: "same" is drawn quietly; "strong" is something else where less and more have no meaning.
Tone = Literal["", "same", "less", "more", "strong", "unknown"]


@dataclass(frozen=True)
class Column:
    """A heading.

    Attributes:
        key: what the table is sorted by.
        help: what the column shows, for a hover and for screen readers.
        note: a second, smaller line.
        start: texts, which begin at the left; figures end at the right.
    """

    key: str
    label: str
    help: str = ""
    note: str = ""
    start: bool = False


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        note: a second, smaller line, such as the difference.
        hover: what a hover says: every digit, or why there is none.
        sort: what the row is sorted by in this column; None stands at the end.
        quiet: a sign that is drawn in the place of the text, which screen readers read; "" draws the text.
    """

    text: str
    note: str = ""
    hover: str = ""
    tone: Tone = ""
    sort: float | str | None = None
    start: bool = False
    quiet: str = ""


@dataclass(frozen=True)
class Row:
    """One row; its title is in the first column.

    Attributes:
        tick: what the box that chooses the row is called; "" for a row that cannot be chosen.
        pinned: stays on top, however the others are sorted.
        depth: how far the title is indented.
    """

    id: str
    title: str
    cells: tuple[Cell, ...]
    note: str = ""
    hover: str = ""
    tick: str = ""
    pinned: bool = False
    strong: bool = False
    depth: int = 0


@dataclass(frozen=True)
class Sheet:
    """A table.

    Attributes:
        caption: what it shows, for screen readers.
        columns: the first is that of the titles.
        sortable: whether its headings sort it.
        most: how many rows can be chosen; where it is one, a row is chosen in the place of another.
        compact: the notes of the titles stand beside them, so that a row is one line high.
        fit: as wide as its figures need; else as wide as the page.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    sortable: bool = False
    most: int = 0
    compact: bool = False
    fit: bool = False

    def reasons(self) -> tuple[str, ...]:
        """Why figures are unknown: a sentence for each reason, with the rows that it concerns."""
        found: dict[str, list[str]] = {}
        for row in self.rows:
            for cell in row.cells:
                if cell.tone == "unknown" and cell.hover:
                    found.setdefault(cell.hover, []).append(f"{row.title} ({row.note})" if row.note else row.title)
        return tuple(f"{', '.join(dict.fromkeys(titles))}: {reason}." for reason, titles in found.items())


@dataclass(frozen=True)
class Picked:
    """What a person has picked in a table.

    Attributes:
        number: grows by one with every click.
        chosen: ids of rows.
        sort: a column's key, with "-" in front for the most first; "" for the original order.
    """

    number: int = 0
    chosen: tuple[str, ...] = ()
    sort: str = ""

    @classmethod
    def from_data(cls, data: Any) -> Picked | None:
        """What the component sent; None where it has sent nothing, or nothing that could come from it."""
        if not isinstance(data, Mapping):
            return None
        number, chosen, sort = data.get("number"), data.get("chosen"), data.get("sort")
        if not isinstance(number, int) or not isinstance(chosen, Sequence) or not isinstance(sort, str):
            return None
        return cls(number, tuple(one for one in chosen if isinstance(one, str)), sort)


def sheet_data(sheet: Sheet, picked: Picked) -> dict[str, Any]:
    """The table as the component draws it; ``picked.number`` is the last click that Python has seen."""
    return {
        "caption": sheet.caption,
        "columns": [asdict(column) for column in sheet.columns],
        "rows": [asdict(row) for row in sheet.rows],
        "sortable": sheet.sortable,
        "most": sheet.most,
        "shape": " ".join(name for name, on in (("compact", sheet.compact), ("fit", sheet.fit)) if on),
        "chosen": list(picked.chosen),
        "sort": picked.sort,
        "seen": picked.number,
    }
