"""Lowering of blocks that hold others: the layers, their names, and what they read."""

from __future__ import annotations

from typing import Any

import pytest

from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.validation import MAX_BLOCKS
from bnn_designer.errors import DesignError
from bnn_designer.graph import Graph, lower, ops

CONV = b.BinaryConv(id="c", filters=3)


def graph_of(*blocks: Any, shape: tuple[int, int, int] = (8, 8, 3)) -> Graph:
    return lower(Design(input_shape=shape, blocks=(*blocks, b.Flatten(id="f"), b.Head(id="h"))))


def wiring(graph: Graph) -> dict[str, tuple[str, ...]]:
    """What each layer reads, without flatten and head."""
    return {layer.name: layer.inputs for layer in graph.layers if layer.block_id not in ("f", "h")}


def test_a_sequence_is_its_blocks() -> None:
    inside = graph_of(b.Sequence(id="s", body=(CONV, b.BatchNorm(id="n"))))
    assert wiring(inside) == wiring(graph_of(CONV, b.BatchNorm(id="n"))) == {"c": ("input",), "n": ("c",)}
    assert [layer.path for layer in inside.layers[:2]] == ["s/c", "s/n"]
    assert wiring(graph_of(b.Sequence(id="s"), CONV)) == {"c": ("input",)}


def test_a_repeat_names_each_time() -> None:
    norm = b.BatchNormOptions()
    graph = graph_of(b.Repeat(id="r", times=3, body=(b.BinaryConv(id="c", filters=5, batch_norm=norm),)))
    assert wiring(graph) == {
        "c.1": ("input",),
        "c.1.batch_norm": ("c.1",),
        "c.2": ("c.1.batch_norm",),
        "c.2.batch_norm": ("c.2",),
        "c.3": ("c.2.batch_norm",),
        "c.3.batch_norm": ("c.3",),
    }
    assert {layer.path for layer in graph.layers[:6]} == {"r/c"}
    assert {layer.block_id for layer in graph.layers[:6]} == {"c"}


def test_one_more_time_leaves_the_names_of_the_others() -> None:
    """Initial weights are drawn by name, so they stay as well."""
    twice, thrice = (graph_of(b.Repeat(times=times, body=(CONV,))) for times in (2, 3))
    assert wiring(twice).items() <= wiring(thrice).items()


def test_repeats_in_repeats() -> None:
    inner = b.Repeat(id="i", times=2, body=(CONV,))
    graph = graph_of(b.Repeat(id="o", times=2, body=(inner, b.BatchNorm(id="n"))))
    assert list(wiring(graph)) == ["c.1.1", "c.1.2", "n.1", "c.2.1", "c.2.2", "n.2"]


def test_branches_read_one_tensor() -> None:
    body = (
        CONV,
        b.Sequence(body=(b.BinaryConv(id="d", filters=3), b.BinaryConv(id="e", filters=3))),
        b.Sequence(),
    )
    graph = graph_of(b.Branches(id="b", body=body))
    assert wiring(graph) == {"c": ("input",), "d": ("input",), "e": ("d",), "b": ("c", "e", "input")}
    assert graph.tensors["b"].shape == (8, 8, 3)
    graph = graph_of(b.Branches(id="b", body=body, merge="concatenate"))
    assert graph.tensors["b"].shape == (8, 8, 3 + 3 + 3)


def test_a_shortcut_that_concatenates_puts_its_input_first() -> None:
    graph = graph_of(b.Shortcut(id="s", merge="concatenate", body=(b.BinaryConv(id="c", filters=5),)))
    assert wiring(graph) == {"c": ("input",), "s": ("input", "c")}
    assert graph.tensors["s"].shape == (8, 8, 3 + 5)


def test_a_shortcut_that_adds_to_the_last_channels() -> None:
    body = (b.BinaryConv(id="c", filters=2),)
    graph = graph_of(b.Shortcut(id="s", merge="add_to_last_channels", body=body), shape=(8, 8, 5))
    assert wiring(graph) == {"c": ("input",), "s.pad": ("c",), "s": ("input", "s.pad")}
    assert graph.layers[1].op == ops.PadChannels(5 - 2)
    same = graph_of(b.Shortcut(id="s", merge="add_to_last_channels", body=(CONV,)))
    assert wiring(same) == {"c": ("input",), "s": ("input", "c")}


@pytest.mark.parametrize(
    ("strides", "filters", "expected"),
    [
        (1, 6, {"c": ("input",), "s.duplicate": ("input", "input"), "s": ("c", "s.duplicate")}),
        (2, 3, {"c": ("input",), "s.average_pool": ("input",), "s": ("c", "s.average_pool")}),
        (
            2,
            9,
            {
                "c": ("input",),
                "s.average_pool": ("input",),
                "s.duplicate": ("s.average_pool",) * 3,
                "s": ("c", "s.duplicate"),
            },
        ),
    ],
)
def test_a_bypass_that_duplicates_channels(strides: int, filters: int, expected: Any) -> None:
    body = (b.BinaryConv(id="c", filters=filters, strides=(strides, strides)),)
    assert wiring(graph_of(b.Shortcut(id="s", body=body, on_shape_change="average_pool_duplicate"))) == expected


def test_channel_scaling_squeezes_before_its_body() -> None:
    graph = graph_of(b.ChannelScaling(id="s", body=(b.BinaryConv(id="c", filters=6),), reduction=2), shape=(8, 8, 5))
    assert wiring(graph) == {
        "s.squeeze": ("input",),
        "s.reduce": ("s.squeeze",),
        "s.relu": ("s.reduce",),
        "s.expand": ("s.relu",),
        "s.sigmoid": ("s.expand",),
        "c": ("input",),
        "s": ("c", "s.sigmoid"),
    }
    assert list(wiring(graph)) == ["s.squeeze", "s.reduce", "s.relu", "s.expand", "s.sigmoid", "c", "s"]
    assert graph.tensors["s.reduce"].shape == (5 // 2,)
    assert graph.tensors["s.expand"].shape == (6,)
    assert graph.tensors["s"].shape == (8, 8, 6)


def test_a_dense_block_is_concatenating_shortcuts() -> None:
    graph = graph_of(b.DenseBlock(id="d", layers=2, growth=4))
    assert wiring(graph) == {
        "d.1.batch_norm": ("input",),
        "d.1.conv": ("d.1.batch_norm",),
        "d.1": ("input", "d.1.conv"),
        "d.2.batch_norm": ("d.1",),
        "d.2.conv": ("d.2.batch_norm",),
        "d": ("d.1", "d.2.conv"),
    }
    assert graph.tensors["d"].shape == (8, 8, 3 + 4 + 4)
    conv = b.BinaryConv(filters=4)
    shortcut = b.Shortcut(merge="concatenate", body=(b.BatchNorm(), conv))
    written_out = graph_of(b.Repeat(times=2, body=(shortcut,)))
    assert [layer.op for layer in written_out.layers] == [layer.op for layer in graph.layers]
    assert [layer.output.shape for layer in written_out.layers] == [layer.output.shape for layer in graph.layers]


def test_a_blur_pool_is_a_maximum_and_a_fixed_blur() -> None:
    graph = graph_of(b.BlurPool(id="p"))
    assert wiring(graph) == {"p.max": ("input",), "p": ("p.max",)}
    assert [layer.output.shape for layer in graph.layers[:2]] == [(7, 7, 3), (4, 4, 3)]
    blur = graph.layers[1].op
    assert blur == ops.DepthwiseConv2D(kernel_size=(3, 3), strides=(2, 2), kernel="binomial")
    assert wiring(graph_of(b.BlurPool(id="p", stride=1))) == {"p": ("input",)}


def test_rprelu_is_two_shifts_around_a_prelu() -> None:
    graph = graph_of(b.Activation(id="a", function="rprelu"))
    assert [(layer.name, type(layer.op).__name__) for layer in graph.layers[:3]] == [
        ("a.shift_before", "ChannelShift"),
        ("a.prelu", "Activation"),
        ("a.shift_after", "ChannelShift"),
    ]
    behind = graph_of(b.Conv(id="c", filters=2, activation="rprelu", batch_norm=b.BatchNormOptions()))
    assert list(wiring(behind)) == ["c", "c.batch_norm", "c.shift_before", "c.prelu", "c.shift_after"]


def test_a_global_pool_with_batch_norm() -> None:
    graph = lower(Design(blocks=(b.PoolBatchNorm(id="p", pool="global_average"), b.Head())))
    assert [(layer.name, layer.output.shape) for layer in graph.layers[:2]] == [("p", (3,)), ("p.batch_norm", (3,))]


WIDE = b.BinaryConv(id="c", filters=7)
BAD: list[tuple[b.Block, str, list[str]]] = [
    (b.Repeat(id="r"), "r", ["the repeat repeats nothing"]),
    (b.Repeat(id="r", body=(b.Head(id="x"),)), "r/x", ["the head stands in a repeat"]),
    (b.Sequence(id="s", body=(b.Head(id="x"),)), "s/x", ["the head stands in a sequence"]),
    (b.Branches(id="b", body=(CONV,)), "b", ["two paths or more, and have 1"]),
    (b.Branches(id="b", body=(CONV, WIDE.model_copy(update={"id": "w"}))), "b", ["8 x 8 x 3 and 8 x 8 x 7"]),
    (b.Shortcut(id="s", merge="add_to_last_channels", body=(WIDE,)), "s", ["7 channels", "last of 3"]),
    (b.Shortcut(id="s", on_shape_change="average_pool_duplicate", body=(WIDE,)), "s", ["7 channels", "multiple", "3"]),
    (
        b.Shortcut(id="s", merge="concatenate", body=(b.BinaryConv(filters=2, strides=2),)),
        "s",
        ["8 x 8 x 3 and 4 x 4 x 2"],
    ),
    (b.ChannelScaling(id="s"), "s", ["scales nothing"]),
    (b.ChannelScaling(id="s", body=(CONV,), reduction=4), "s", ["reduction of 4", "8 x 8 x 3"]),
    (b.ChannelScaling(id="s", body=(b.Flatten(),), reduction=1), "s", ["cannot scale 192"]),
    (b.DepthwiseConv(id="d", strides=2, dilation=2), "d", ["strides 2 x 2", "dilation 2 x 2"]),
    (b.Conv(id="d", filters=6, groups=2), "d", ["2 groups", "3 input channels"]),
    (
        b.Repeat(id="r", times=4, body=(b.BinaryConv(id="c", filters=2, padding="valid"),)),
        "r/c",
        ["kernel of 3 x 3", "input of 2 x 2", "in repetition 4 of 4 of r"],
    ),
]


@pytest.mark.parametrize(("block", "path", "parts"), BAD)
def test_refused(block: b.Block, path: str, parts: list[str]) -> None:
    with pytest.raises(DesignError) as caught:
        graph_of(block)
    assert caught.value.path == path
    assert caught.value.mend
    for part in parts:
        assert part in caught.value.rule


def test_repeats_that_would_never_end_are_refused_at_once() -> None:
    body: tuple[b.Block, ...] = (b.Activation(),)
    for _ in range(14):
        body = (b.Repeat(times=4096, body=body),)
    with pytest.raises(DesignError, match=f"more than {MAX_BLOCKS} blocks"):
        graph_of(*body)
    with pytest.raises(DesignError, match=f"more than {MAX_BLOCKS} blocks"):
        graph_of(b.DenseBlock(layers=4096))
