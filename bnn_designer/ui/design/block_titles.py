"""What blocks are called on the page, by their ids and paths: as on their cards."""

from __future__ import annotations

from functools import lru_cache

from bnn_designer.design import Design, walk
from bnn_designer.ui.design.canvas.cards import card_title


@lru_cache(maxsize=32)
def block_titles(design: Design) -> dict[str, str]:
    """The title of every block by its id."""
    return {block.id: card_title(block) for _, block in walk(design.blocks)}


def title_at(design: Design, path: str) -> str:
    """The title of the block at a path; the path itself where no block of the design is there."""
    return block_titles(design).get(path.rpartition("/")[2], path)
