"""The figures of a design that is not finished: those of all blocks before the first error.

A person assembles a network from its beginning, so that most of the time something is missing. What can be known is
shown; what cannot is explicit, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from bnn_designer.cost import CostReport, DeployOptions, LayerCost, cost
from bnn_designer.cost.larq import Count, total
from bnn_designer.design import Design, walk
from bnn_designer.design.blocks import Block, Container, Flatten, Head
from bnn_designer.errors import DesignError
from bnn_designer.graph.passes.deploy import DEFAULT_OPTIONS

# Ids that no block of a document can have: a dot is not allowed in them.
_END = (Flatten().model_copy(update={"id": ".flatten"}), Head().model_copy(update={"id": ".head"}))


@dataclass(frozen=True)
class Figures:
    """What is known of a design.

    Attributes:
        report: the whole cost report; None where the design has an error.
        error: the first error; None where there is none.
        error_block_id: the block to show it at; None: it is at none, as where nothing is wrong but the missing head.
        layers: the cost of each layer before the error; of all layers where there is none.
    """

    report: CostReport | None
    error: DesignError | None
    error_block_id: str | None
    layers: tuple[LayerCost, ...]

    @property
    def known(self) -> Count:
        """The sum over the known layers."""
        return total([layer.count for layer in self.layers])


@lru_cache(maxsize=64)
def figures(design: Design, options: DeployOptions = DEFAULT_OPTIONS) -> Figures:
    """All figures of a design, or those before its first error. Never raises DesignError.

    They are kept for the next runs of the page: what a report works out when it is asked for is worked out once.
    """
    try:
        report = cost(design, options)
    except DesignError as error:
        if (layers := _all_but_the_head(design)) is not None:
            return Figures(None, error, None, layers)
        return Figures(None, error, _block_at(design, error.path), _layers_before(design, error.path))
    return Figures(report, None, None, report.layers)


def _block_at(design: Design, path: str) -> str | None:
    return next((block.id for block_path, block in walk(design.blocks) if block_path == path), None)


def _all_but_the_head(design: Design) -> tuple[LayerCost, ...] | None:
    """All layers of a design that lacks nothing but a head; None for any other."""
    if any(isinstance(block, Head) for _, block in walk(design.blocks)):
        return None
    return _layers_of(design, (*design.blocks, *_END))


def _layers_before(design: Design, path: str) -> tuple[LayerCost, ...]:
    """The layers of the blocks before the block at ``path``.

    They are those of a smaller design: the blocks in front, and behind them a flatten and a head, which fit any tensor.
    Where the error is inside a shortcut, its first blocks take the shortcut's place: they read the same tensor.
    """
    before = _chain_before(design.blocks, "", path)
    ends = any(isinstance(block, Head) for _, block in walk(before))
    return _layers_of(design, before if ends else (*before, *_END)) or ()


def _layers_of(design: Design, blocks: tuple[Block, ...]) -> tuple[LayerCost, ...] | None:
    """The layers of ``blocks`` that come from blocks of the design, under their paths there; None where it fails."""
    try:
        report = cost(design.model_copy(update={"blocks": blocks}))
    except DesignError:
        return None
    paths = {block.id: path for path, block in walk(design.blocks)}
    return tuple(replace(layer, path=paths[layer.block_id]) for layer in report.layers if layer.block_id in paths)


def _chain_before(blocks: tuple[Block, ...], prefix: str, path: str) -> tuple[Block, ...]:
    """The blocks before ``path``; a block that holds it, or has the error itself, gives its blocks instead.

    All of them where no block is at ``path``.
    """
    chain: list[Block] = []
    for block in blocks:
        block_path = prefix + block.id
        if block_path == path or path.startswith(block_path + "/"):
            if isinstance(block, Container):
                return (*chain, *_chain_before(block.body, block_path + "/", path))
            return tuple(chain)
        chain.append(block)
    return tuple(chain)
