"""The variants, in one table: a name and what it does to a design."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bnn_designer.compare.editor import Editor, InapplicableError
from bnn_designer.compare.precision import all_float, first_and_last
from bnn_designer.compare.shortcuts import around_every_one, around_every_two, no_shortcuts
from bnn_designer.design import blocks as b
from bnn_designer.design import walk


@dataclass(frozen=True)
class Variant:
    """One change to try.

    Attributes:
        name: its key in data.
        group: what it is about; the variants of one group cannot be combined.
        title: what it does, in words.
        make: edits a design; raises InapplicableError, with the reason, where it does not apply.
    """

    name: str
    group: str
    title: str
    make: Callable[[Editor], None]


def _pool_order(editor: Editor, order: str) -> None:
    found = [
        block
        for _, block in walk(editor.design.blocks)
        if isinstance(block, b.PoolBatchNorm) and block.batch_norm is not None
    ]
    if not found:
        raise InapplicableError("no block of the design pools and normalizes")
    for block in found:
        editor.update(block, order=order)


def _pad_values(editor: Editor, value: int) -> None:
    found = [
        block
        for _, block in walk(editor.design.blocks)
        if isinstance(block, b.BinaryConv | b.BinaryDepthwiseConv | b.DenseBlock)
        and block.input_quantizer is not None
        and block.input_quantizer.bits == 1
        and getattr(block, "padding", "same") == "same"
    ]
    if not found:
        raise InapplicableError('no binary convolution of the design has "same" padding')
    for block in found:
        editor.update(block, pad_values=value)


VARIANTS: tuple[Variant, ...] = (
    Variant("ends-float", "first and last layer", "full precision", partial(first_and_last, precision="float")),
    Variant(
        "ends-binary-weights",
        "first and last layer",
        "binary weights",
        partial(first_and_last, precision="binary-weights"),
    ),
    Variant(
        "ends-binary",
        "first and last layer",
        "binary weights and activations",
        partial(first_and_last, precision="binary"),
    ),
    Variant("ends-8-bit", "first and last layer", "8 bits", partial(first_and_last, precision="8-bit")),
    Variant("shortcuts-none", "shortcuts", "none", no_shortcuts),
    Variant("shortcuts-every-two", "shortcuts", "around every two binary convolutions", around_every_two),
    Variant("shortcuts-every-one", "shortcuts", "around every binary convolution", around_every_one),
    Variant("pool-first", "pool and batch norm", "pool first", partial(_pool_order, order="pool_first")),
    Variant(
        "batch-norm-first", "pool and batch norm", "batch norm first", partial(_pool_order, order="batch_norm_first")
    ),
    Variant("pad-zeros", "padding of signs", "zeros", partial(_pad_values, value=0)),
    Variant("pad-ones", "padding of signs", "ones", partial(_pad_values, value=1)),
    Variant("all-float", "whole network", "full precision", all_float),
)
