"""Designs that lack something on purpose, to see what it was for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bnn_designer.design.blocks import BatchNorm, Block, DenseBlock, Shortcut, children, with_children
from bnn_designer.design.document import Design
from bnn_designer.errors import DesignError


def without_batch_norm(design: Design) -> Design:
    """The design without its batch norms; those inside dense blocks, which need them, stay.

    Raises:
        DesignError: it has none.
    """

    def change(block: Block) -> Block | None:
        if isinstance(block, BatchNorm):
            return None
        # a dense block always has its norms; a shortcut's is that of a convolution in full precision
        return block if isinstance(block, DenseBlock | Shortcut) else _with(block, "batch_norm", None)

    return _changed(design, change, "no batch norm", "no block has a batch norm")


def without_weight_clip(design: Design) -> Design:
    """The design without its constraints of latent weights.

    Raises:
        DesignError: it has none.
    """
    return _changed(
        design,
        lambda block: _with(block, "kernel_constraint", None),
        "no weight clip",
        "no block constrains its latent weights",
    )


def _changed(design: Design, change: Callable[[Block], Block | None], what: str, nothing: str) -> Design:
    blocks = _each(design.blocks, change)
    if blocks == design.blocks:
        raise DesignError(design.name, nothing, "Choose another recipe")
    return Design(**{**dict(design), "name": f"{design.name} ({what})", "blocks": blocks})


def _each(blocks: tuple[Block, ...], change: Callable[[Block], Block | None]) -> tuple[Block, ...]:
    inside = (with_children(block, _each(children(block), change)) if children(block) else block for block in blocks)
    return tuple(changed for block in inside if (changed := change(block)) is not None)


def _with(block: Block, field: str, value: Any) -> Block:
    has = getattr(block, field, None) is not None
    return block.model_copy(update={field: value}) if has else block
