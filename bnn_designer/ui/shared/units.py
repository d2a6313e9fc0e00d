"""Numbers as people read them. Every function is exact in its second form, for help texts and hovers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

UNKNOWN = "—"


def bytes_text(size_bytes: float) -> str:
    """Bytes in binary units: ``512 B``, ``1.5 KiB``, ``4.07 MiB``."""
    if size_bytes < 1024:
        return f"{size_bytes:g} B"
    value, unit = size_bytes / 1024, "KiB"
    for larger in ("MiB", "GiB", "TiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{_three_digits(value)} {unit}"


def bits_text(size_bits: int) -> str:
    """A number of bits as bytes, rounded up to whole ones."""
    return bytes_text(-(-size_bits // 8))


def count_text(number: int) -> str:
    """A count in thousands, millions or billions: ``896``, ``1.79 M``."""
    if number < 10_000:
        return f"{number:,}"
    value, unit = number / 1e3, "K"
    for larger in ("M", "G", "T"):
        if value < 999.5:
            break
        value, unit = value / 1e3, larger
    return f"{_three_digits(value)} {unit}"


def by_bits_text(by_bits: Mapping[int, int]) -> str:
    """Counts by their width: ``13.9 M of 1 bit, 10.2 K of 32 bits``; nothing counted is ``none``."""
    parts = [f"{count_text(n)} of {bits} bit{'s' if bits > 1 else ''}" for bits, n in sorted(by_bits.items()) if n]
    return ", ".join(parts) or "none"


def exact_by_bits_text(by_bits: Mapping[int, int]) -> str:
    """The same with every digit."""
    parts = [f"{n:,} of {bits} bit{'s' if bits > 1 else ''}" for bits, n in sorted(by_bits.items()) if n]
    return ", ".join(parts) or "none"


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape without its batch axis: ``32 x 32 x 128`` with a multiplication sign."""
    return " \N{MULTIPLICATION SIGN} ".join(str(size) for size in shape)


def duration_text(seconds: float | None) -> str:
    """A time span: ``0:42``, ``1:02:05``; None is unknown."""
    if seconds is None:
        return UNKNOWN
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def milliseconds_text(ms: float) -> str:
    """A measured time, to three digits: ``0.43 µs``, ``42.1 µs``, ``3.07 ms``, ``1,240 ms``."""
    if ms < 0.1:
        return f"{_three_digits(ms * 1e3)} µs"
    return f"{ms:.3f} ms" if ms < 0.9995 else f"{_three_digits(ms)} ms" if ms < 999.5 else f"{ms:,.0f} ms"


def percent_text(share: float | None) -> str:
    """A share of 1 as percent: ``35.2 %``; None is unknown."""
    return UNKNOWN if share is None else f"{100 * share:.1f} %"


def time_text(moment: datetime | None) -> str:
    """A UTC time in this machine's zone: ``2026-03-01 14:05``; None is unknown."""
    return UNKNOWN if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M")


def _three_digits(value: float) -> str:
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"
