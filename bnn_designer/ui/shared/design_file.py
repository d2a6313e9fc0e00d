"""The file that a design is downloaded as."""

from __future__ import annotations

import re

from bnn_designer.design import Design


def file_name(design: Design) -> str:
    """A file name that every system accepts."""
    return (re.sub(r"[^A-Za-z0-9._-]+", "-", design.name).strip("-.") or "design") + ".json"
