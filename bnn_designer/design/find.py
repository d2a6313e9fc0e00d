"""A design by what a user calls it: a preset's name, or a file."""

from __future__ import annotations

from pathlib import Path

from bnn_designer.design.document import Design, load_design
from bnn_designer.design.presets import PRESETS, preset


def find_design(source: str) -> Design:
    """The design of a preset's name or in a file.

    Raises:
        DesignError: neither is there, or the file does not hold a design.
    """
    if source in PRESETS:
        return preset(source)
    path = Path(source)
    return load_design(path) if path.exists() or path.suffix else preset(source)
