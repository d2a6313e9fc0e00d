"""What can go wrong between a trained network and its packed file."""

from __future__ import annotations

from bnn_designer.errors import BrokenRule


class PackError(BrokenRule):
    """A network that the engine cannot run. ``path`` is the block's."""


class PackedFileError(BrokenRule):
    """A file that does not hold a packed network. ``path`` is the file's."""
