"""When two designs are one network, so that a training run of one says what the other learns."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from bnn_designer.design import Design


@lru_cache(maxsize=512)
def network_key(design: Design) -> str:
    """A text that two designs share when nothing but their names and their blocks' ids and labels differs."""
    data = design.model_dump(mode="json", exclude={"name", "schema_version", "blocks"})
    return json.dumps(data | {"blocks": [_block(block.model_dump(mode="json")) for block in design.blocks]})


def _block(data: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in data.items() if name not in ("id", "label")}
    return kept | {"body": [_block(block) for block in kept["body"]]} if "body" in kept else kept
