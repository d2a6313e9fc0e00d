"""Numbers as people read them. Bytes are bytes, KiB = 1024 of them; counts go by thousands."""

from __future__ import annotations


def bytes_text(size_bytes: float) -> str:
    """``1.26 MiB``, ``574.5 KiB``, ``40 B``."""
    for unit, factor, digits in (("GiB", 1024**3, 2), ("MiB", 1024**2, 2), ("KiB", 1024, 1)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.{digits}f} {unit}"
    return f"{size_bytes:.0f} B"


def count_text(number: float) -> str:
    """``514.1 M``, ``10.4 M``, ``7.7 k``, ``10``."""
    for unit, factor in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= factor:
            return f"{number / factor:.1f} {unit}"
    return f"{number:.0f}"


def bits_text(bits: int) -> str:
    """``1 bit``, ``32 bits``."""
    return "1 bit" if bits == 1 else f"{bits} bits"


def shape_text(shape: tuple[int, ...]) -> str:
    """``32 x 32 x 3``."""
    return " x ".join(str(size) for size in shape)
