"""Blocks as the clipboard holds them: JSON text, which a person can read, keep in a file, and send."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from bnn_designer.design.blocks import Block, children
from bnn_designer.design.document import Design
from bnn_designer.design.validation import MAX_FILE_BYTES, check_size
from bnn_designer.errors import DesignError

_SOURCE = "clipboard"


def block_texts(blocks: tuple[Block, ...], with_ids: bool = False) -> dict[str, str]:
    """Every block as short JSON, by its id, those inside others too: what is as by default is left out.

    Args:
        blocks: each with all it holds.
        with_ids: whether the texts have the ids of their blocks.
    """
    found: dict[str, str] = {}

    def put(block: Block) -> None:
        # the texts of what is inside are made first and put together: nothing is written out twice
        for child in children(block):
            put(child)
        hidden = {"kind", "body"} if with_ids else {"kind", "body", "id"}
        fields = block.model_dump_json(exclude_defaults=True, exclude=hidden)[1:-1]
        body = ", ".join(found[child.id] for child in children(block))
        parts = (f'"kind": "{block.kind}"', fields, f'"body": [{body}]' if body else "")
        found[block.id] = f"{{{', '.join(part for part in parts if part)}}}"

    for block in blocks:
        put(block)
    return found


def joined(texts: Iterable[str]) -> str:
    """Texts of blocks as a JSON list, as the browser joins them for its clipboard."""
    return "[" + ",\n".join(texts) + "]"


def blocks_in(text: str) -> tuple[Block, ...]:
    """The blocks in a text: a list of blocks, one block, or a whole design. Each has an id of its own.

    Raises:
        DesignError: the text holds none of these, or a block that breaks a rule.
    """
    data = _design_data(text)
    check_size(data, _SOURCE)
    taken: set[str] = set()
    for block in _walk_data(data["blocks"]):
        block_id = block.get("id")
        if isinstance(block_id, str):
            if block_id in taken:
                block["id"] = ""  # a text put together by hand may hold a block twice
            taken.add(block_id)
    blocks = Design.from_data(data, _SOURCE).blocks
    if not blocks:
        raise DesignError(_SOURCE, "there are no blocks in it", "Select blocks and copy them first")
    return blocks


def _design_data(text: str) -> dict[str, Any]:
    """The text as the data of a design."""
    try:
        data = json.loads(text) if len(text) <= MAX_FILE_BYTES else None
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict) and "kind" in data:
        data = [data]
    if isinstance(data, list) and all(isinstance(item, dict) for item in data):
        return {"blocks": data}
    if isinstance(data, dict) and isinstance(data.get("blocks"), list):
        return data
    raise DesignError(
        _SOURCE, "this text holds no blocks", "Copy blocks in this program, or the text of a design's JSON file"
    )


def _walk_data(blocks: list[Any]) -> Iterator[dict[str, Any]]:
    """Every block of data that may be anything within the bounds of :func:`check_size`."""
    for block in blocks:
        if isinstance(block, dict):
            yield block
            body = block.get("body")
            yield from _walk_data(body if isinstance(body, list) else [])
