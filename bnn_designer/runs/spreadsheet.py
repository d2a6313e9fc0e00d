"""Tables as CSV, such as a spreadsheet may open."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

#: A cell that begins with one of these is a formula to some spreadsheet, and a name is what anybody typed. In front of
#: it comes an apostrophe, which makes it text (OWASP, "CSV Injection"). Numbers are numbers, those below 0 too.
#: The last four are the full-width forms, which spreadsheets in East Asia take alike.
_FORMULA = ("=", "+", "-", "@", "\t", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """A line of headings and one for each row; what a row lacks, and None, is empty.

    Args:
        columns: in their order; other keys of a row are left out.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_cell(name) for name in columns])
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")  # a bare one is not quoted, and would begin a row
    return f"'{text}" if text.startswith(_FORMULA) else text
