"""Passes: what deploy folds into what, and where it must not. The rules are Larq Compute Engine's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.graph import Graph, Layer, lower, ops
from bnn_designer.graph.passes import deploy, explicit_signs
from tests.strategies import networks

NORM = b.BatchNormOptions()
MAX_POOL = b.PoolBatchNorm(id="p", batch_norm=None)


def binary(block_id: str, **options: Any) -> b.BinaryConv:
    return b.BinaryConv(id=block_id, filters=options.pop("filters", 8), **options)


def design_of(*blocks: Any) -> Design:
    """The blocks on an 8 x 8 x 3 image, a global pool and a head."""
    return Design(input_shape=(8, 8, 3), blocks=(*blocks, b.GlobalPool(id="g"), b.Head(id="h")))


def deployed(*blocks: Any) -> dict[str, Layer]:
    return {layer.name: layer for layer in deploy(lower(design_of(*blocks))).layers}


def test_a_sign_becomes_a_layer_of_its_own() -> None:
    graph = explicit_signs(lower(design_of(binary("a"))))
    sign, conv = graph.layers[:2]
    assert (sign.name, sign.op, sign.inputs) == ("input.sign", ops.Sign(), ("input",))
    assert (sign.output.shape, sign.output.bits) == ((8, 8, 3), 1)
    assert conv.inputs == ("input.sign",)


def test_one_sign_serves_all_its_readers() -> None:
    """Here two: the binary convolution at the body's beginning, and one around which the outer shortcut stands."""
    inner = b.Shortcut(id="s", body=(binary("a"),), on_shape_change="pointwise")
    graph = explicit_signs(lower(design_of(b.Shortcut(id="t", body=(inner, binary("c"))), binary("d"))))
    signs = [layer.inputs for layer in graph.layers if isinstance(layer.op, ops.Sign)]
    assert len(signs) == len(set(signs)) == 3


def test_a_chain_of_binary_layers_hands_on_bits() -> None:
    """conv, BN, sign: a threshold a channel, so the output of ``a`` is one bit wide, and no layer is between."""
    layers = deployed(binary("a", batch_norm=NORM), binary("c", batch_norm=NORM))
    assert list(layers) == ["input.sign", "a", "c", "g", "h.dense", "h"]
    assert layers["a"].fused == ("a.batch_norm", "a.batch_norm.sign")
    assert layers["a"].output.bits == 1
    assert layers["c"].inputs == ("a",)
    # The global pool reads the last one, so it stays float; its batch norm is a multiply-add in it.
    assert layers["c"].fused == ("c.batch_norm",)
    assert layers["c"].output.bits == 32


def test_dense_layers_hand_on_bits() -> None:
    blocks = (b.Flatten(), b.BinaryDense(id="d", units=9, batch_norm=NORM), b.BinaryDense(id="e", units=10))
    graph = deploy(lower(Design(input_shape=(4, 4, 3), blocks=(*blocks, b.Head(classifier="none")))))
    by_name = {layer.name: layer for layer in graph.layers}
    assert by_name["d"].output.bits == 1
    assert by_name["e"].inputs == ("d",)


# The layer in front of a binary conv, and whether its output can be written in bits.
@pytest.mark.parametrize(
    ("maker", "packed"),
    [
        (binary("a"), True),
        (binary("a", padding="valid"), True),
        (binary("a", padding="valid", pad_values=0), True),
        (binary("a", activation="prelu"), True),
        (binary("a", pad_values=1, strides=2), True),
        (binary("a", pad_values=0), False),  # the edges need the sums
        (binary("a", pad_values=0, kernel_size=(1, 3)), False),
        (binary("a", pad_values=0, kernel_size=1), True),  # a 1x1 kernel never meets the padding
        (binary("a", input_quantizer=None), False),  # BWN: float sums
        (binary("a", kernel_quantizer=None), False),  # BAN: float sums
        (b.Conv(id="a", filters=8), False),
        (b.Conv(id="a", filters=8, batch_norm=NORM), False),
    ],
)
def test_which_layers_write_bits(maker: Any, packed: bool) -> None:
    layers = deployed(maker, binary("c"))
    assert layers["a"].output.bits == (1 if packed else 32)
    signs = [layer.name for layer in layers.values() if isinstance(layer.op, ops.Sign) and layer.inputs != ("input",)]
    assert len(signs) == (0 if packed else 1)


def test_a_shortcut_keeps_what_it_carries_in_float() -> None:
    """The output of ``a`` has two users, the sign of ``c`` and the add, so it is not packed."""
    layers = deployed(binary("a", batch_norm=NORM), b.Shortcut(id="s", body=(binary("c"),)), binary("d"))
    assert layers["a"].output.bits == 32
    assert layers["a"].fused == ("a.batch_norm",), "the batch norm alone reads the convolution"
    assert layers["a.batch_norm.sign"].inputs == ("a",)
    assert layers["s"].inputs == ("c", "a")
    assert layers["s.sign"].output.bits == 1
    assert layers["d"].inputs == ("s.sign",)


def test_a_batch_norm_is_not_folded_where_something_else_reads_the_layer() -> None:
    layers = deployed(b.Conv(id="a", filters=8), b.Shortcut(id="s", body=(b.BatchNorm(id="n"),)))
    assert layers["a"].fused == ()
    assert layers["n"].inputs == ("a",)


def test_a_batch_norm_behind_a_pool_stays() -> None:
    layers = deployed(binary("a"), b.PoolBatchNorm(id="p", pool="average"))
    assert layers["p.batch_norm"].inputs == ("p",)
    assert layers["a"].fused == ()


def test_a_max_pool_in_front_of_a_sign_pools_bits() -> None:
    """sign(max(x)) = max(sign(x)), so ``a`` writes bits although a pool is between."""
    layers = deployed(binary("a", batch_norm=NORM), MAX_POOL, binary("c"))
    assert layers["a"].output.bits == 1
    pool = next(layer for layer in layers.values() if isinstance(layer.op, ops.Pool2D))
    assert (pool.inputs, pool.output.shape, pool.output.bits) == (("a",), (4, 4, 8), 1)
    assert layers["c"].inputs == (pool.name,)


def test_two_max_pools_in_front_of_a_sign_both_pool_bits() -> None:
    layers = deployed(binary("a"), MAX_POOL, MAX_POOL.model_copy(update={"id": "q"}), binary("c", kernel_size=1))
    assert layers["a"].output.bits == 1
    pools = [layer for layer in layers.values() if isinstance(layer.op, ops.Pool2D)]
    assert [pool.output.bits for pool in pools] == [1, 1]
    assert [pool.output.shape for pool in pools] == [(4, 4, 8), (2, 2, 8)]


@pytest.mark.parametrize(
    "pool",
    [
        b.PoolBatchNorm(id="p", pool="average", batch_norm=None),
        b.PoolBatchNorm(id="p", pool="max"),  # pool, batch norm, sign: the tutorial's order keeps the pool in float
    ],
)
def test_other_pools_stay_in_float(pool: b.PoolBatchNorm) -> None:
    layers = deployed(binary("a"), pool, binary("c"))
    assert layers["a"].output.bits == layers["p"].output.bits == 32


def test_a_max_pool_that_a_shortcut_reads_too_stays_in_float() -> None:
    layers = deployed(binary("a"), MAX_POOL, b.Shortcut(id="s", body=(binary("c"),)))
    assert layers["a"].output.bits == layers["p"].output.bits == 32


def test_a_max_pool_of_the_image_stays_in_float() -> None:
    layers = deployed(MAX_POOL, binary("c", kernel_size=1))
    assert layers["p"].inputs == ("input",)
    assert layers["p"].output.bits == 32


def multiset_of_work(graph: Graph) -> list[str]:
    """The names of the lowered graph's layers that a graph's layers stand for: kept as they are, or fused."""
    names = []
    for layer in graph.layers:
        names += [layer.name, *layer.fused]
    return sorted(name for name in names if ".sign" not in name)


def assert_deployed_well(design: Design) -> None:
    graph = lower(design)
    packed = deploy(graph)
    assert packed.output == graph.output, "the same name, shape and bits"
    assert packed.input == graph.input
    assert multiset_of_work(packed) == sorted(layer.name for layer in graph.layers), "no work is lost or done twice"
    made = {packed.input.name}
    for layer in packed.layers:
        assert layer.name == layer.output.name
        assert layer.name not in made
        assert set(layer.inputs) <= made, "a layer runs after all that it reads"
        made.add(layer.name)
    for layer in packed.layers:
        inputs = [packed.tensors[name] for name in layer.inputs]
        if isinstance(layer.op, ops.QuantizedOp):
            assert inputs[0].bits == layer.op.input_bits, "a layer reads the bits that it computes with"
        elif not isinstance(layer.op, ops.Sign | ops.Pool2D):
            assert all(tensor.bits == 32 for tensor in inputs)
    # What a layer of both graphs makes has the same shape.
    for name in graph.tensors.keys() & packed.tensors.keys():
        assert graph.tensors[name].shape == packed.tensors[name].shape


@given(networks())
def test_laws_of_deploy(design: Design) -> None:
    assert_deployed_well(design)


@pytest.mark.parametrize("name", PRESETS)
def test_laws_of_deploy_for_presets(name: str) -> None:
    assert_deployed_well(preset(name))
