"""What the piece of the lesson on shortcuts is given that moves a threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bnn_designer.lessons.layer_sums import FILTERS
from bnn_designer.lessons.shortcut_ways import trained_threshold


def signs() -> Mapping[str, Any]:
    """The filters whose sums were counted, each with the threshold that it was trained to."""
    return {"filters": [asdict(one) | {"threshold": trained_threshold(one)} for one in FILTERS]}
