"""Which tensors are alive, and how many bytes: by hand for small networks, by laws for all."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from bnn_designer.design import Design, apply_edit, walk
from bnn_designer.design import blocks as b
from bnn_designer.design.edits import WrapInShortcut
from bnn_designer.errors import DesignError
from bnn_designer.graph import Graph, lower
from bnn_designer.graph.liveness import IN_PLACE, liveness
from bnn_designer.graph.passes import deploy
from tests.strategies import networks


def bound_bytes(design: Design) -> int:
    """The largest sum of live bytes of the deployed graph."""
    return max(step.live_bytes for step in liveness(deploy(lower(design))))


def live_names(graph: Graph) -> dict[str, set[str]]:
    return {step.layer: {tensor.name for tensor in step.live} for step in liveness(graph)}


def chain(*blocks: b.Block) -> Design:
    return Design(input_shape=(8, 8, 3), blocks=(*blocks, b.GlobalPool(id="g"), b.Head(id="h")))


IMAGE = 8 * 8 * 3 * 4  # bytes of the float image, held to the end
FLOAT_16 = 8 * 8 * 16 * 4
BITS_3 = 8 * 8 * 3 // 8
BITS_16 = 8 * 8 * 16 // 8


def test_a_binary_chain_by_hand() -> None:
    design = chain(b.BinaryConv(id="a", filters=16), b.BinaryConv(id="c", filters=16))
    steps = liveness(deploy(lower(design)))
    assert [(step.layer, step.live_bytes) for step in steps] == [
        ("input.sign", IMAGE + BITS_3),
        ("a", IMAGE + BITS_3 + BITS_16),
        ("c", IMAGE + BITS_16 + FLOAT_16),
        ("g", IMAGE + FLOAT_16 + 16 * 4),
        ("h.dense", IMAGE + 16 * 4 + 10 * 4),
        ("h", IMAGE + 10 * 4),  # the softmax writes over the scores
    ]


def test_a_shortcut_by_hand() -> None:
    """Around ``c``: its input stays in float until the add, which writes over one of its two inputs."""
    stem = b.Conv(id="a", filters=16)
    design = chain(stem, b.Shortcut(id="s", body=(b.BinaryConv(id="c", filters=16),)))
    steps = {step.layer: step.live_bytes for step in liveness(deploy(lower(design)))}
    assert steps["a"] == IMAGE + FLOAT_16
    assert steps["a.sign"] == IMAGE + FLOAT_16 + BITS_16
    assert steps["c"] == IMAGE + FLOAT_16 + BITS_16 + FLOAT_16
    assert steps["s"] == IMAGE + FLOAT_16 + FLOAT_16
    # Without it the input of ``c`` is gone once its signs are there.
    plain = {
        step.layer: step.live_bytes for step in liveness(deploy(lower(chain(stem, b.BinaryConv(id="c", filters=16)))))
    }
    assert plain["c"] == IMAGE + BITS_16 + FLOAT_16


def test_an_elementwise_layer_works_in_place_only_where_its_input_dies() -> None:
    conv = b.Conv(id="a", filters=16)
    in_place = live_names(lower(chain(conv, b.BatchNorm(id="n"))))
    assert in_place["n"] == {"input", "n"}
    still_needed = live_names(lower(chain(conv, b.Shortcut(id="s", body=(b.BatchNorm(id="n"),)))))
    assert still_needed["n"] == {"input", "a", "n"}
    assert still_needed["s"] in ({"input", "a", "s"}, {"input", "n", "s"})


def test_the_image_is_never_overwritten() -> None:
    """TensorFlow Lite's planner holds the graph's input to the end."""
    names = live_names(lower(Design(input_shape=(4, 4, 3), blocks=(b.BatchNorm(id="n"), b.GlobalPool(), b.Head()))))
    assert names["n"] == {"input", "n"}
    assert all("input" in live for live in names.values())


def test_a_pointwise_bypass_keeps_the_shortcut_s_input_until_it_has_run() -> None:
    shortcut = b.Shortcut(id="s", body=(b.BinaryConv(id="c", filters=32, strides=2),), batch_norm=None)
    names = live_names(lower(chain(b.Conv(id="a", filters=16), shortcut)))
    assert names["c"] == {"input", "a", "c"}
    assert names["s.pointwise"] == {"input", "a", "c", "s.pointwise"}
    assert len(names["s"]) == 1 + 2


def assert_laws_of_liveness(graph: Graph) -> None:
    steps = liveness(graph)
    assert [step.layer for step in steps] == [layer.name for layer in graph.layers]
    for step, layer in zip(steps, graph.layers, strict=True):
        names = [tensor.name for tensor in step.live]
        assert len(set(names)) == len(names)
        assert layer.name in names
        assert graph.input.name in names
        missing = set(layer.inputs) - set(names)
        assert len(missing) <= (1 if isinstance(layer.op, IN_PLACE) else 0), "one input at most is overwritten"
        for name in missing:
            assert graph.tensors[name].size_bytes == layer.output.size_bytes
            assert graph.users[name][-1].name == layer.name, "nothing reads it afterwards"
        assert step.live_bytes == sum(graph.tensors[name].size_bytes for name in names)
    # A tensor that will be read is alive at every step from the one that makes it on.
    position = {layer.name: index for index, layer in enumerate(graph.layers)}
    for name, users in graph.users.items():
        if users and name != graph.input.name:
            for index in range(position[name], position[users[-1].name]):
                assert name in {tensor.name for tensor in steps[index].live}
            for step in steps[position[users[-1].name] + 1 :]:
                assert name not in {tensor.name for tensor in step.live}


@given(networks())
def test_laws_of_liveness(design: Design) -> None:
    graph = lower(design)
    assert_laws_of_liveness(graph)
    assert_laws_of_liveness(deploy(graph))


@given(networks())
def test_packing_never_raises_the_bound(design: Design) -> None:
    """Beyond the signs themselves, a bit for each 32-bit number that is binarized."""
    graph = lower(design)
    float_bytes = max(step.live_bytes for step in liveness(graph))
    signs = [layer.output.size_bytes for layer in deploy(graph).layers if layer.output.bits == 1]
    assert bound_bytes(design) <= float_bytes + 2 * max(signs, default=0)


@given(networks(), st.data())
def test_wrapping_in_a_shortcut_never_lowers_the_bound(design: Design, data: st.DataObject) -> None:
    """A shortcut keeps its input alive; so the advice to use them has a price, and never the opposite.

    Holds for max pools that leave more than one pixel of 32 (see below); those of ``networks`` do.
    """
    block = data.draw(st.sampled_from([block for _, block in walk(design.blocks)]))
    try:
        wrapped = bound_bytes(apply_edit(design, WrapInShortcut(block_ids=(block.id,))))
    except DesignError:
        assume(False)
    assert wrapped >= bound_bytes(design)


def test_the_exception_a_huge_max_pool() -> None:
    """sign(max(x)) is computed as max(sign(x)), as LCE does: the signs of all of x then stand beside x.

    Where the pool leaves fewer than one pixel of 32, the pooled floats would be smaller than those signs; a shortcut
    around the pool forces them, and so lowers the bound.
    """
    stem, pool = b.Conv(id="a", filters=8), b.PoolBatchNorm(id="p", pool_size=16, batch_norm=None)
    binary = b.BinaryConv(id="c", filters=8, kernel_size=1)

    def network(*blocks: b.Block) -> Design:
        return Design(input_shape=(32, 32, 3), blocks=(*blocks, b.GlobalPool(), b.Head()))

    image, full, pooled = 32 * 32 * 3 * 4, 32 * 32 * 8 * 4, 2 * 2 * 8 * 4
    assert bound_bytes(network(stem, pool, binary)) == image + full + full // 32
    # The pooled body, the shortcut's input and the pointwise bypass.
    assert bound_bytes(network(stem, b.Shortcut(body=(pool,)), binary)) == image + full + 2 * pooled
