"""Figures as people read them, one spelling each: in the terminal, on the pages, and in findings and error messages.

Rounded figures have three significant digits. What has to be exact beside them is spelled by :func:`exact_text`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from fractions import Fraction

from bnn_designer.errors import BnnDesignerError

UNKNOWN = "—"
MINUS = "\N{MINUS SIGN}"


def exact_text(number: float) -> str:
    """Every digit, with commas between thousands: ``1,324,800``, ``0.5``."""
    return f"{number:,}"


def digits_text(value: float, digits: int = 3) -> str:
    """So many significant digits, written out: ``1,230``, ``42.1``, ``0.0602``."""
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{float(f'{mantissa}e{exponent}'):,.{max(0, digits - 1 - int(exponent))}f}"


def bytes_text(size_bytes: float) -> str:
    """Bytes in units of 1024: ``512 B``, ``1.50 KiB``, ``4.07 MiB``."""
    if size_bytes < 1024:
        return f"{size_bytes:.0f} B"
    return _scaled(size_bytes, 1024, 1024, ("KiB", "MiB", "GiB", "TiB"))


def bit_size_text(size_bits: int) -> str:
    """The bytes that so many bits take, rounded up to whole ones: of 9 bits ``2 B``."""
    return bytes_text(-(-size_bits // 8))


def count_text(number: float) -> str:
    """A count; from 10,000 on in thousands, millions, ...: ``896``, ``10.0 K``, ``1.79 M``, ``7.77 G``."""
    if number < 10_000:
        return f"{number:,.0f}"
    return _scaled(number, 1e3, 999.5, ("K", "M", "G", "T"))


def _scaled(value: float, step: float, end: float, units: tuple[str, ...]) -> str:
    """In the first of the units, each ``step`` times the one before, in which it is below ``end``; else in the last."""
    value, power = value / step, 0
    while value >= end and power < len(units) - 1:
        value, power = value / step, power + 1
    return f"{digits_text(value)} {units[power]}"


def precision_text(bits: int) -> str:
    """How wide a number is: ``1 bit``, ``32 bits``."""
    return "1 bit" if bits == 1 else f"{bits} bits"


def by_bits_text(by_bits: Mapping[int, int], text: Callable[[int], str] = count_text) -> str:
    """Counts by their width: ``13.9 M of 1 bit, 10.2 K of 32 bits``; nothing counted is ``none``.

    Args:
        by_bits: from a width in bits to how many have it.
        text: spells a count; with :func:`exact_text` every digit is there.
    """
    return ", ".join(f"{text(n)} of {precision_text(bits)}" for bits, n in sorted(by_bits.items()) if n) or "none"


def signed_text(change: float, text: Callable[[float], str]) -> str:
    """A difference as a page shows it: ``+12.0 KiB``, with the sign for minus; nothing is ``no change``.

    Args:
        change: the value after less the one before.
        text: spells its size, such as :func:`bytes_text`.
    """
    if not change:
        return "no change"
    return f"{'+' if change > 0 else MINUS}{text(abs(change))}"


def number_text(value: float, form: str = "") -> str:
    """A number as a format spells it, such as ``.3g``, with the sign for minus: ``0.5``, ``\N{MINUS SIGN}1.25``.

    What is 0 once it is rounded has no minus.
    """
    text = f"{value:{form}}"
    if not text.startswith("-"):
        return text
    return f"{MINUS if re.search('[1-9]', text) or not text[1:2].isdigit() else ''}{text[1:]}"


#: A hyphen as keyboards have it that is meant as a minus: before a number that nothing is joined to, or between blanks.
_MEANT = re.compile(r"(?<![\w)\]-])-(?=[0-9])|(?<= )-(?= )")
_CODE = re.compile(r"(`[^`]*`)")


def with_minus(text: str) -> str:
    """A text for people with the sign for minus in place of such hyphens; what stands between backquotes stays."""
    parts = _CODE.split(text)
    return "".join(part if part.startswith("`") else _MEANT.sub(MINUS, part) for part in parts)


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """``1 run``, ``2 runs``; ``plural`` where it is not the noun with an s, as of ``fix``."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def sentence(text: str) -> str:
    """A text with its first letter as a sentence begins; the rest as it is."""
    return text[:1].upper() + text[1:]


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape without its batch axis, or a pair of sizes: ``32 x 32 x 3``."""
    return " x ".join(str(size) for size in shape)


def ms_text(ms: float, digits: int = 3) -> str:
    """A latency: ``42.1 µs``, ``0.430 ms``, ``3.07 ms``; fewer digits for one that is known no better."""
    return f"{digits_text(ms * 1e3, digits)} µs" if ms < 0.1 else f"{digits_text(ms, digits)} ms"


def duration_text(seconds: float | None) -> str:
    """How long something goes on: ``0:42``, ``1:02:05``; None is unknown."""
    if seconds is None:
        return UNKNOWN
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def percent_text(share: float | None, decimals: int = 1) -> str:
    """A share of 1 as percent: ``35.2 %``; None is unknown."""
    return UNKNOWN if share is None else f"{100 * share:.{decimals}f} %"


def time_text(moment: datetime | None) -> str:
    """A UTC time in this machine's zone: ``2026-03-01 14:05``; None is unknown."""
    return UNKNOWN if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M")


_DECIMAL = {"kB": 1000, "MB": 1000**2, "GB": 1000**3, "TB": 1000**4}
_BINARY = {"KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4}
_UNITS = {"": 1, "B": 1} | _DECIMAL | _BINARY
#: Texts such as KB, which mean 1000 to some and 1024 to others.
_AMBIGUOUS = {"k", "kb", "m", "mb", "g", "gb", "t", "tb"}
#: More digits than any memory's size has would be too many to count with.
_SIZE = re.compile(r"\s*([0-9]{1,30}(?:\.[0-9]{1,30})?)\s*([A-Za-z]*)\s*", re.ASCII)


def parse_bytes(text: str) -> int:
    """The bytes that a text such as ``1MiB``, ``256 KiB``, ``1.5 MB`` or ``4096`` means, rounded down.

    Raises:
        BnnDesignerError: it is not a size, or its unit means 1000 to some and 1024 to others.
    """
    found = _SIZE.fullmatch(text)
    units = "B, kB, KiB, MB, MiB, GB, GiB, TB and TiB"
    if found is None:
        raise BnnDesignerError(f"{text!r}: this is not a size. Write a number and one of {units}, such as 256KiB.")
    number, unit = found.groups()
    if unit not in _UNITS:
        why = "this unit is ambiguous" if unit.lower() in _AMBIGUOUS else "this unit is not known"
        raise BnnDesignerError(f"{text!r}: {why}. Write one of {units}; 1 KiB is 1024 bytes, 1 kB is 1000.")
    return int(Fraction(number) * _UNITS[unit])


_MS = {
    "us": Fraction(1, 1000),
    "µs": Fraction(1, 1000),
    "μs": Fraction(1, 1000),
    "ms": Fraction(1),
    "s": Fraction(1000),
}
_TIME = re.compile(r"\s*([0-9]{1,30}(?:\.[0-9]{1,30})?)\s*([a-zµμ]+)\s*")


def parse_ms(text: str) -> float:
    """The milliseconds that a text such as ``5ms``, ``0.8 ms``, ``800us`` or ``1.5 s`` means.

    Raises:
        BnnDesignerError: it is not a time, or has no unit.
    """
    found = _TIME.fullmatch(text)
    if found is None or found[2] not in _MS:
        raise BnnDesignerError(f"{text!r}: this is not a time. Write a number and one of us, ms and s, such as 5ms.")
    return float(Fraction(found[1]) * _MS[found[2]])
