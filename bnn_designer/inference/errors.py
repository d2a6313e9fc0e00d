"""What can go wrong when a packed network runs."""

from __future__ import annotations

from bnn_designer.errors import BnnDesignerError


class EngineError(BnnDesignerError):
    """The engine cannot start here, or was given images that it cannot take."""
