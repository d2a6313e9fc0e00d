"""A design by what a user calls it: a preset's name, a file, or a link that holds it."""

from __future__ import annotations

import os
from pathlib import Path

from bnn_designer.design.document import Design, load_design
from bnn_designer.design.links import design_in_link, is_link
from bnn_designer.design.presets import PRESETS, preset


def find_design(source: str) -> Design:
    """The design of a preset's name, in a file, or in a link as the Design page and ``bnn-designer link`` make it.

    Raises:
        DesignError: none of these is there, or what is there does not hold a design.
    """
    if source in PRESETS:
        return preset(source)
    if is_link(source):
        return design_in_link(source)
    path = Path(source)
    return load_design(path) if os.path.lexists(path) or path.suffix else preset(source)
