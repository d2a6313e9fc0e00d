"""Lowering: which layers a block becomes, in which order, under which names; and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from bnn_designer.design import BLOCK_KINDS, Design, walk
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.errors import DesignError
from bnn_designer.graph import Graph, Tensor, lower, ops
from tests.strategies import networks

NORM = b.BatchNormOptions(center=True, scale=False, momentum=0.8, epsilon=0.01)


def graph_of(*blocks: Any, shape: tuple[int, int, int] = (8, 8, 3), classes: int = 10) -> Graph:
    """The graph of the blocks, a flatten and a head."""
    return lower(Design(input_shape=shape, classes=classes, blocks=(*blocks, b.Flatten(), b.Head(id="head"))))


def layers_of(block: Any, **options: Any) -> list[tuple[str, str]]:
    """The names and operations of one block's own layers."""
    graph = graph_of(block, **options)
    return [(layer.name, type(layer.op).__name__) for layer in graph.layers if layer.block_id == block.id]


CONV_LAYER = ("c", "Conv2D")

# A block, and its layers.
BLOCKS: list[tuple[Any, list[tuple[str, str]]]] = [
    (b.Conv(id="c", filters=4), [CONV_LAYER]),
    (b.BinaryConv(id="c", filters=4), [CONV_LAYER]),
    (b.BinaryConv(id="c", filters=4, batch_norm=NORM), [CONV_LAYER, ("c.batch_norm", "BatchNorm")]),
    (
        b.BinaryConv(id="c", filters=4, batch_norm=NORM, activation="relu"),
        [CONV_LAYER, ("c.batch_norm", "BatchNorm"), ("c.relu", "Activation")],
    ),
    (
        b.Conv(id="c", filters=4, batch_norm=NORM, activation="prelu", order="activation_first"),
        [CONV_LAYER, ("c.prelu", "Activation"), ("c.batch_norm", "BatchNorm")],
    ),
    (b.PoolBatchNorm(id="p"), [("p", "Pool2D"), ("p.batch_norm", "BatchNorm")]),
    (b.PoolBatchNorm(id="p", order="batch_norm_first"), [("p.batch_norm", "BatchNorm"), ("p", "Pool2D")]),
    (b.PoolBatchNorm(id="p", batch_norm=None), [("p", "Pool2D")]),
    (b.BatchNorm(id="n"), [("n", "BatchNorm")]),
    (b.Activation(id="r"), [("r", "Activation")]),
    (b.Shortcut(id="s", body=(b.Conv(filters=3),)), [("s", "Add")]),
    (
        b.Shortcut(id="s", body=(b.Conv(filters=4),)),
        [("s.pointwise", "Conv2D"), ("s.batch_norm", "BatchNorm"), ("s", "Add")],
    ),
    (b.Shortcut(id="s", body=(b.Conv(filters=4),), batch_norm=None), [("s.pointwise", "Conv2D"), ("s", "Add")]),
    (
        b.Shortcut(id="s", body=(b.Conv(filters=4, strides=2),), on_shape_change="average_pool_pointwise"),
        [("s.average_pool", "Pool2D"), ("s.pointwise", "Conv2D"), ("s.batch_norm", "BatchNorm"), ("s", "Add")],
    ),
    (
        b.Shortcut(id="s", body=(b.Conv(filters=4),), on_shape_change="average_pool_pointwise"),
        [("s.pointwise", "Conv2D"), ("s.batch_norm", "BatchNorm"), ("s", "Add")],
    ),
]


@pytest.mark.parametrize(("block", "expected"), BLOCKS)
def test_layers_of_a_block(block: Any, expected: list[tuple[str, str]]) -> None:
    assert layers_of(block) == expected


def test_every_field_reaches_the_operation() -> None:
    block = b.BinaryConv(
        filters=4,
        kernel_size=(3, 2),
        strides=(2, 1),
        padding="valid",
        pad_values=0,
        use_bias=True,
        input_quantizer="approx_sign",
        kernel_quantizer=None,
        kernel_constraint=None,
        batch_norm=NORM,
    )
    conv, norm = graph_of(block).layers[:2]
    assert conv.op == ops.Conv2D(
        input_quantizer="approx_sign",
        kernel_quantizer=None,
        kernel_constraint=None,
        use_bias=True,
        filters=4,
        kernel_size=(3, 2),
        strides=(2, 1),
        dilation=(1, 1),
        padding="valid",
        pad_values=0,
    )
    assert norm.op == ops.BatchNorm(True, False, 0.8, 0.01)
    dense = b.BinaryDense(units=5, use_bias=True, kernel_quantizer="approx_sign")
    graph = lower(Design(blocks=(b.Flatten(), dense, b.Head(use_bias=False))))
    assert graph.layers[1].op == ops.Dense(
        input_quantizer="ste_sign",
        kernel_quantizer="approx_sign",
        kernel_constraint="weight_clip",
        use_bias=True,
        units=5,
    )
    assert graph.layers[2].op == ops.Dense(units=10)
    assert graph_of(b.Conv(filters=2, dilation=2)).layers[0].op == ops.Conv2D(
        filters=2, kernel_size=(3, 3), dilation=(2, 2), padding="same", pad_values=0
    )


#: Fields of a block with a kernel that its operation does not have: names, and what stands behind the layer.
BESIDE = {"id", "label", "kind", "batch_norm", "activation", "order"}


@pytest.mark.parametrize("kind", [kind for kind in BLOCK_KINDS.values() if issubclass(kind, b.LayerBlock)])
def test_no_field_of_a_block_with_a_kernel_is_lost(kind: Any) -> None:
    required = {name: 8 for name, info in kind.model_fields.items() if info.is_required()}
    block = kind.model_validate(required)
    op = graph_of(b.Flatten(), block).layers[1].op if "units" in required else graph_of(block).layers[0].op
    assert {name: getattr(op, name) for name in kind.model_fields.keys() - BESIDE} == {
        name: getattr(block, name) for name in kind.model_fields.keys() - BESIDE
    }


def test_every_field_of_a_pool_reaches_the_operation() -> None:
    pool = b.PoolBatchNorm(pool="average", pool_size=(2, 3), padding="same", batch_norm=None)
    assert graph_of(pool).layers[0].op == ops.Pool2D("average", (2, 3), (2, 3), "same")
    strided = pool.model_copy(update={"strides": (1, 2)})
    assert graph_of(strided).layers[0].op == ops.Pool2D("average", (2, 3), (1, 2), "same")


@pytest.mark.parametrize(
    ("input_quantizer", "kernel_quantizer", "precision"),
    [
        ("ste_sign", "ste_sign", "binary"),
        (None, "ste_sign", "BWN"),
        ("approx_sign", None, "BAN"),
        (None, None, "float"),
    ],
)
def test_precision_has_the_field_s_name(input_quantizer: Any, kernel_quantizer: Any, precision: str) -> None:
    block = b.BinaryConv(filters=4, input_quantizer=input_quantizer, kernel_quantizer=kernel_quantizer)
    op = graph_of(block).layers[0].op
    assert isinstance(op, ops.QuantizedOp)
    assert op.precision == precision


# Input size, strides of the body's "same" convolution: the bypass must come out at the body's size.
@pytest.mark.parametrize("change", ["pointwise", "average_pool_pointwise"])
@pytest.mark.parametrize(
    ("size", "strides", "bypass_strides"),
    [
        ((8, 8), (1, 1), (1, 1)),
        ((8, 8), (2, 2), (2, 2)),
        ((7, 7), (2, 2), (2, 2)),
        ((7, 8), (2, 2), (2, 2)),
        ((9, 5), (2, 1), (2, 1)),
        ((10, 10), (3, 3), (3, 3)),
        ((3, 3), (2, 2), (2, 2)),
        # A stride beyond the size: any stride that leaves one pixel will do; the least is taken.
        ((3, 3), (4, 4), (3, 3)),
    ],
)
def test_a_bypass_that_changes_its_shape(size: Any, strides: Any, bypass_strides: Any, change: Any) -> None:
    body = (b.BinaryConv(id="c", filters=5, strides=strides),)
    graph = graph_of(b.Shortcut(id="s", body=body, on_shape_change=change), shape=(*size, 3))
    small = tuple(-(-length // stride) for length, stride in zip(size, strides, strict=True))
    tensors = graph.tensors
    assert tensors["c"].shape == tensors["s.pointwise"].shape == tensors["s"].shape == (*small, 5)
    by_name = {layer.name: layer for layer in graph.layers}
    pointwise = by_name["s.pointwise"].op
    assert isinstance(pointwise, ops.Conv2D)
    assert pointwise.precision == "float"
    assert pointwise.kernel_size == (1, 1)
    if change == "pointwise" or bypass_strides == (1, 1):
        assert pointwise.strides == bypass_strides
        assert "s.average_pool" not in by_name
    else:
        assert pointwise.strides == (1, 1)
        assert by_name["s.average_pool"].op == ops.Pool2D("average", bypass_strides, bypass_strides, "same")
        assert tensors["s.average_pool"].shape == (*small, 3)


def test_an_identity_shortcut_adds_its_input_to_its_body() -> None:
    graph = graph_of(b.Conv(id="a", filters=4), b.Shortcut(id="s", body=(b.BinaryConv(id="c", filters=4),)))
    add = next(layer for layer in graph.layers if layer.name == "s")
    assert set(add.inputs) == {"a", "c"}


def test_shortcuts_nest_and_paths_say_where() -> None:
    inner = b.Shortcut(id="inner", body=(b.BinaryConv(id="c", filters=3, batch_norm=NORM),))
    graph = graph_of(b.Shortcut(id="outer", body=(inner, b.BinaryConv(id="d", filters=3))))
    paths = {layer.name: layer.path for layer in graph.layers}
    assert paths["c"] == paths["c.batch_norm"] == "outer/inner/c"
    assert paths["inner"] == "outer/inner"
    assert paths["outer"] == "outer"
    assert {layer.name: layer.inputs for layer in graph.layers}["outer"] == ("d", "input")


def test_the_head() -> None:
    graph = lower(Design(classes=7, blocks=(b.GlobalPool(), b.Head(id="h"))))
    assert [(layer.name, layer.output.shape) for layer in graph.layers[1:]] == [("h.dense", (7,)), ("h", (7,))]
    graph = lower(Design(classes=7, blocks=(b.GlobalPool(), b.Dense(units=7), b.Head(id="h", classifier="none"))))
    assert [layer.name for layer in graph.layers] == ["global_pool_1", "dense_1", "h"]
    assert graph.output.shape == (7,)
    assert graph.classes == 7


CONV = b.Conv(id="a", filters=4)
STRIDED = b.BinaryConv(id="c", filters=4, strides=2)
VALID = b.BinaryConv(id="c", filters=4, padding="valid")
TOO_LARGE = b.Conv(id="x", filters=3, kernel_size=9, padding="valid")
END = (b.Flatten(id="f"), b.Head(id="h"))

# The blocks, the path of the error, parts of the rule.
BAD_DESIGNS: list[tuple[tuple[Any, ...], str, list[str]]] = [
    ((), "net", ["does not end in a head", "10 class"]),
    ((CONV,), "a", ["does not end in a head"]),
    ((*END, b.Flatten(id="g")), "g", ["a block follows the head"]),
    ((*END, b.Head(id="h2", classifier="none")), "h2", ["a block follows the head"]),
    ((b.Head(id="h"),), "h", ["a dense layer needs a vector", "8 x 8 x 3"]),
    ((b.Flatten(), b.Head(id="h", classifier="none")), "h", ["each of the 10 classes", "gets 192"]),
    ((b.Head(id="h", classifier="none"),), "h", ["each of the 10 classes", "gets 8 x 8 x 3"]),
    ((TOO_LARGE, *END), "x", ["kernel of 9 x 9", "input of 8 x 8"]),
    ((b.Conv(id="a", filters=4, strides=2, dilation=2), *END), "a", ["strides 2 x 2", "dilation 2 x 2"]),
    ((b.PoolBatchNorm(id="p", pool_size=9), *END), "p", ["pool window of 9 x 9"]),
    ((b.PoolBatchNorm(pool_size=8), b.BlurPool(id="b", stride=2), *END), "b", ["maximum of 2 x 2", "input of 1 x 1"]),
    ((b.Flatten(), CONV, b.Head()), "a", ["a convolution needs an image", "192 features"]),
    ((b.BinaryDense(id="d", units=3), *END), "d", ["a dense layer needs a vector"]),
    ((b.Flatten(), b.GlobalPool(id="g"), b.Head()), "g", ["a global pool needs an image"]),
    ((b.Shortcut(id="s"), *END), "s", ["bypasses nothing"]),
    ((b.Shortcut(id="s", body=(TOO_LARGE,)), *END), "s/x", ["kernel of 9 x 9"]),
    ((b.Shortcut(id="s", body=(CONV,), on_shape_change="refuse"), *END), "s", ["8 x 8 x 4 and 8 x 8 x 3"]),
    ((b.Shortcut(id="s", body=(STRIDED,), on_shape_change="refuse"), *END), "s", ["4 x 4 x 4 and 8 x 8 x 3"]),
    ((b.Shortcut(id="s", body=(VALID,)), *END), "s", ["no stride", "8 x 8 x 3", "6 x 6 x 4"]),
    ((b.Shortcut(id="s", body=(b.Flatten(),)), b.Head()), "s", ["cannot turn 8 x 8 x 3 into 192"]),
    ((b.Flatten(), b.Shortcut(id="s", body=(b.Dense(units=3),)), b.Head()), "s", ["cannot turn 192 into 3"]),
    ((b.GlobalPool(), b.Shortcut(id="s", body=(b.Head(id="h"),)), b.Head()), "s/h", ["the head stands in a shortcut"]),
    (
        (b.GlobalPool(), b.Dense(units=10), b.Shortcut(id="s", body=(b.Head(id="h", classifier="none"),)), b.Head()),
        "s/h",
        ["the head stands in a shortcut"],
    ),
]


@pytest.mark.parametrize(("blocks", "path", "parts"), BAD_DESIGNS)
def test_refused_design(blocks: tuple[Any, ...], path: str, parts: list[str]) -> None:
    with pytest.raises(DesignError) as caught:
        lower(Design(name="net", input_shape=(8, 8, 3), blocks=blocks))
    assert caught.value.path == path
    assert caught.value.mend
    for part in parts:
        assert part in caught.value.rule


def assert_well_formed(graph: Graph) -> None:
    """Unique names, each named as its output; every input made before it is read; one input bit width or float."""
    made = {graph.input.name: graph.input}
    for layer in graph.layers:
        assert layer.name not in made
        assert layer.name == layer.output.name
        assert layer.inputs
        assert all(name in made for name in layer.inputs)
        assert all(size >= 1 for size in layer.output.shape)
        made[layer.name] = layer.output
    readers = {name: [layer.name for layer in users] for name, users in graph.users.items()}
    for name in made:
        assert readers[name] == [layer.name for layer in graph.layers if name in layer.inputs]
    assert [name for name in made if not readers[name]] == [graph.output.name], "nothing is made in vain"


@given(networks())
def test_every_network_lowers_to_a_well_formed_graph(design: Design) -> None:
    graph = lower(design)
    assert_well_formed(graph)
    assert graph.output.shape == (design.classes,)
    assert isinstance(graph.layers[-1].op, ops.Softmax)
    paths = {block.id: path for path, block in walk(design.blocks)}
    assert all(layer.path == paths[layer.block_id] for layer in graph.layers)
    assert all(tensor.bits == 32 for tensor in graph.tensors.values())
    assert lower(design) == graph


@pytest.mark.parametrize("name", PRESETS)
def test_presets_lower(name: str) -> None:
    assert_well_formed(lower(preset(name)))


def test_a_tensor_s_bytes_are_its_bits_rounded_up() -> None:
    graph = graph_of(b.Conv(id="a", filters=3))
    assert graph.tensors["a"].size_bytes == 8 * 8 * 3 * 4
    assert graph.tensors["a"].elements == 8 * 8 * 3
    packed = Tensor("bits", (3, 3, 3), bits=1)
    assert packed.size_bytes == (3 * 3 * 3 + 7) // 8 == 4
