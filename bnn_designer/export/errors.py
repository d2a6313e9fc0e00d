"""What can go wrong when something is exported."""

from __future__ import annotations

from bnn_designer.errors import BrokenRule


class ExportError(BrokenRule):
    """A network that a target cannot take. ``path`` is the block's, or the group's of a packed network."""
