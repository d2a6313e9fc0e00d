"""Designs without batch norms or without constraints of their latent weights."""

from __future__ import annotations

import pytest

from bnn_designer.design import walk
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.design.without import without_batch_norm, without_weight_clip
from bnn_designer.errors import DesignError
from bnn_designer.graph import lower, ops


@pytest.mark.parametrize("name", PRESETS)
def test_no_batch_norm_is_left_but_those_that_blocks_cannot_do_without(name: str) -> None:
    design = without_batch_norm(preset(name))
    assert design.name == f"{name} (no batch norm)"
    kinds = {block.id: block.kind for _, block in walk(design.blocks)}
    norms = [layer for layer in lower(design).layers if isinstance(layer.op, ops.BatchNorm)]
    assert {kinds[layer.block_id.split(".")[0]] for layer in norms} <= {"dense_block", "shortcut"}
    assert lower(design).output.shape == lower(preset(name)).output.shape


@pytest.mark.parametrize("name", PRESETS)
def test_no_constraint_is_left(name: str) -> None:
    def constrained(design: object) -> int:
        return sum(getattr(layer.op, "kernel_constraint", None) is not None for layer in lower(design).layers)  # type: ignore[arg-type]

    if not constrained(preset(name)):
        with pytest.raises(DesignError, match=f"{name}: no block constrains its latent weights"):
            without_weight_clip(preset(name))
        return
    design = without_weight_clip(preset(name))
    assert design.name == f"{name} (no weight clip)"
    assert constrained(design) == 0
