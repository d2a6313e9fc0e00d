"""Full-precision twins: no quantizer is left, shapes and weights stay."""

from __future__ import annotations

import pytest

from bnn_designer.design import Design, walk
from bnn_designer.design.blocks import BinaryConv, Branches, Conv, GlobalPool, Head, Quantized, Sequence
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.design.twin import full_precision_twin
from bnn_designer.errors import DesignError
from bnn_designer.graph import lower, ops


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_a_twin_without_quantizers(name: str) -> None:
    design = preset(name)
    twin = full_precision_twin(design)
    assert twin.name == f"{name} (full precision)"
    for _, block in walk(twin.blocks):
        if isinstance(block, Quantized):
            assert (block.input_quantizer, block.kernel_quantizer, block.kernel_constraint) == (None, None, None)
    before, after = lower(design), lower(twin)
    assert after.output.shape == before.output.shape

    def products(graph: object) -> list[object]:
        return [layer.output.shape for layer in graph.layers if isinstance(layer.op, ops.QuantizedOp)]  # type: ignore[attr-defined]

    assert products(after) == products(before)
    products_before = [layer.op for layer in before.layers if isinstance(layer.op, ops.QuantizedOp)]
    activations = [layer.op for layer in after.layers if isinstance(layer.op, ops.Activation)]
    signs = sum(op.input_quantizer is not None for op in products_before)
    assert sum(op.function == "hard_tanh" for op in activations) >= signs


def test_layers_keep_their_names_so_that_weights_match() -> None:
    design = preset("bi-real-cifar")
    names = {layer.name for layer in lower(design).layers}
    assert names <= {layer.name for layer in lower(full_precision_twin(design)).layers}


def test_a_path_of_branches_stays_one() -> None:
    design = Design(blocks=(Conv(filters=4), Branches(body=(BinaryConv(filters=4), Sequence())), GlobalPool(), Head()))
    twin = full_precision_twin(design)
    branches = twin.blocks[1]
    assert isinstance(branches, Branches)
    assert [path.kind for path in branches.body] == ["sequence", "sequence"]
    assert [block.kind for block in branches.body[0].body] == ["activation", "binary_conv"]  # type: ignore[union-attr]


def test_a_design_in_full_precision_has_none() -> None:
    design = Design(name="float", blocks=(Conv(filters=4), GlobalPool(), Head()))
    with pytest.raises(DesignError, match="float: no block has a quantizer"):
        full_precision_twin(design)
