"""Tables as text: frames of +, - and |, a line under the header, another above the totals."""

from __future__ import annotations

from collections.abc import Sequence

Cell = str | float

_UNITS = ("B", "KiB", "MiB", "GiB")


def number_text(number: float) -> str:
    """Three significant digits, from 1,000 on with a letter for the power, as Larq's summary has them: ``2.79 M``."""
    rounded = float(f"{number:.3g}")
    if rounded < 1000:
        return f"{rounded:g}"
    if rounded >= 1e15:
        return f"{rounded:.2E}"
    letters = " kMBT"
    power = 0
    while rounded >= 1000 and power < len(letters) - 1:
        rounded, power = rounded / 1000, power + 1
    return f"{rounded:.3g} {letters[power]}"


def memory_text(bits: int) -> str:
    """Bits in bytes with two decimals, units of 1024, as Larq's summary has them: ``13.19 KiB``."""
    size_bytes, unit = bits / 8, 0
    while size_bytes >= 1024 and unit < len(_UNITS) - 1:
        size_bytes, unit = size_bytes / 1024, unit + 1
    return f"{size_bytes:,.2f} {_UNITS[unit]}"


def table_text(rows: Sequence[Sequence[Cell]], title: str, *, header: bool = True, total: bool = True) -> str:
    """The rows in a frame, each cell as wide as its column; the first column to the left.

    Args:
        rows: of equally many cells; a fraction gets two decimals, a cell may have several lines.
        title: stands in the frame.
        header: whether a line follows the first row; then the other columns stand to the right.
        total: whether a line stands above the last row.
    """
    texts = [[_lines(cell) for cell in row] for row in rows]
    widths = [max(len(line) for cell in column for line in cell) for column in zip(*texts, strict=True)]
    # A title that is wider than the table makes the last column wider.
    inner = sum(widths) + 2 * len(widths)
    if len(title) > inner:
        widths[-1] += len(title) - inner
        inner = len(title)
    rule = f"+{'-' * inner}+"
    out = [f"+{title}{'-' * (inner - len(title))}+"]
    for number, row in enumerate(texts):
        if total and number == len(texts) - 1:
            out.append(rule)
        for line in range(max(map(len, row))):
            cells = [cell[line] if line < len(cell) else "" for cell in row]
            aligned = (
                text.rjust(width) if header and place else text.ljust(width)
                for place, (text, width) in enumerate(zip(cells, widths, strict=True))
            )
            out.append(f"|{''.join(f' {text} ' for text in aligned)}|")
        if header and number == 0:
            out.append(rule)
    return "\n".join([*out, rule])


def _lines(cell: Cell) -> list[str]:
    return (f"{cell:.2f}" if isinstance(cell, float) else str(cell)).split("\n")
