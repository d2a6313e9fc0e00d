"""The largest networks that a document may stand for: refused by what is counted, before anything runs long."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bnn_designer.advisor import advise, fix_all
from bnn_designer.advisor import subject as subjects
from bnn_designer.compare import diff, what_if
from bnn_designer.compare.variants import VARIANTS
from bnn_designer.cost import cost
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.design.validation import MAX_BLOCKS, MAX_DEPTH
from bnn_designer.errors import DesignError
from bnn_designer.graph import bounds, lower
from bnn_designer.graph.arena import Buffer, plan
from bnn_designer.graph.lowering import shapes_by_block


def design(*body: b.Block) -> Design:
    return Design(blocks=(*body, b.GlobalPool(), b.Head()))


def conv(filters: int = 36) -> b.BinaryConv:
    """Breaks most rules that a convolution can break."""
    return b.BinaryConv(filters=filters, pad_values=0, use_bias=True, kernel_constraint=None)


def nested(inner: b.Block, holder: Callable[[b.Block], b.Block], levels: int) -> b.Block:
    for _ in range(levels):
        inner = holder(inner)
    return inner


def in_branches(block: b.Block) -> b.Block:
    return b.Branches(body=(block, b.Sequence()))


def widened(block: b.Block) -> b.Block:
    """A shortcut that passes one channel on 65,536 times."""
    return b.Shortcut(on_shape_change="average_pool_duplicate", body=(block,))


FREE = MAX_BLOCKS - 10

#: Documents within the limits of a file, and what refuses them; "" where nothing does.
WORST: dict[str, tuple[Callable[[], Design], str]] = {
    "64 ** 14 layers": (
        lambda: design(nested(conv(), lambda one: b.Repeat(times=64, body=(one,)), MAX_DEPTH - 1)),
        "every repetition counted",
    ),
    "dense blocks in repeats": (
        lambda: design(b.Repeat(times=4096, body=(b.DenseBlock(layers=4096),))),
        "every repetition counted",
    ),
    "a dense block of many layers": (lambda: design(b.DenseBlock(layers=4096, growth=1)), "every repetition counted"),
    "parallel paths": (lambda: design(b.Branches(body=(conv(),) * FREE)), "too many tensors wait"),
    "paths that merge at the end": (
        lambda: design(conv(), nested(b.Branches(body=(conv(),) * (FREE - 2 * MAX_DEPTH)), in_branches, MAX_DEPTH - 2)),
        "too many tensors wait",
    ),
    "channels repeated": (
        lambda: design(*(b.Conv(filters=1), widened(b.Conv(filters=65536))) * (FREE // 3)),
        f"read more than {bounds.MAX_INPUTS} tensors",
    ),
    "layers of many parts": (
        lambda: design(
            b.Conv(filters=36),
            *(b.ChannelScaling(body=(b.Conv(filters=36, activation="rprelu", batch_norm=b.BatchNormOptions()),)),)
            * (FREE // 2),
        ),
        f"more than {bounds.MAX_LAYERS} layers",
    ),
    "one row": (lambda: design(*(conv(),) * FREE), ""),
    "shortcuts": (lambda: design(conv(), *(b.Shortcut(body=(conv(),)),) * (FREE // 2)), ""),
    "a repeat of shortcuts": (
        lambda: design(conv(), b.Repeat(times=FREE // 3, body=(b.Shortcut(body=(conv(),)),))),
        "",
    ),
    "paths in paths": (
        lambda: design(conv(), *(nested(conv(), in_branches, MAX_DEPTH - 1),) * (FREE // (2 * MAX_DEPTH))),
        "",
    ),
    "a row deep inside": (
        lambda: design(
            nested(b.Sequence(body=(conv(),) * (FREE - MAX_DEPTH)), lambda one: b.Sequence(body=(one,)), MAX_DEPTH - 2)
        ),
        "",
    ),
}


@pytest.mark.parametrize("name", [name for name, (_, refused) in WORST.items() if refused])
def test_a_network_that_is_too_large_is_refused_with_its_block(name: str) -> None:
    make, refused = WORST[name]
    document = make()
    with pytest.raises(DesignError, match=refused) as caught:
        lower(document)
    assert caught.value.path.partition("/")[0] in {block.id for block in document.blocks}
    assert caught.value.mend
    (finding,) = advise(document)
    assert finding.severity == "error"
    with pytest.raises(DesignError, match=refused):
        what_if(document)
    assert "not a network" in str(diff(document, document).totals_before["file_bytes"])
    assert fix_all(document).design == document


@pytest.mark.parametrize("name", [name for name, (_, refused) in WORST.items() if not refused])
def test_a_network_within_the_bounds_needs_work_in_proportion(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in layers made, not in findings times layers: of these documents some have thousands of findings."""
    document = WORST[name][0]()
    layers = len(lower(document).layers)
    made = Counted(monkeypatch)
    findings = advise(document)
    # The design itself three times, a few layers for each fix, and what is lowered anew for prices.
    few = 12 * sum(1 + len(one.choices) for one in findings)
    assert made.since() <= 3 * layers + few + subjects.MAX_WORK
    assert len(findings) > 10
    fixed = fix_all(document)
    # Rounds of advice without prices, each with the trials that it takes: 50 designs' worth, where each has thousands.
    assert made.since() <= 50 * layers + subjects.MAX_WORK
    assert len(fixed.applied) > 5
    what_if(document)
    # Each variant is lowered once, and shortcuts may double its layers.
    assert made.since() <= (1 + 2 * len(VARIANTS)) * layers


class Counted:
    """How many layers are made from now on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.layers = 0
        self.told = 0
        original = bounds.Bounds.add

        def add(this: bounds.Bounds, inputs: int, path: str) -> None:
            self.layers += 1
            original(this, inputs, path)

        monkeypatch.setattr(bounds.Bounds, "add", add)

    def since(self) -> int:
        """How many were made since this was last asked."""
        found, self.told = self.layers - self.told, self.layers
        return found


def test_presets_are_far_within_the_bounds() -> None:
    for name in PRESETS:
        graph = lower(preset(name))
        assert 10 * len(graph.layers) < bounds.MAX_LAYERS
        assert 10 * sum(len(layer.inputs) for layer in graph.layers) < bounds.MAX_INPUTS
        assert 10 * bounds.held(graph.layers) < bounds.MAX_HELD


def test_tensors_held_by_hand() -> None:
    """image 1, stem 1..3 (read by both paths and the sum)."""
    graph = lower(design(b.Conv(filters=8), b.Branches(body=(b.Conv(filters=8), b.Sequence()))))
    names = [layer.name for layer in graph.layers]
    assert names == ["conv_1", "conv_2", "branches_1", "global_pool_1", "head_1.dense", "head_1"]
    # Each from its maker's step to its last reader's: image 0..0, conv_1 0..2, conv_2 1..2, branches_1 2..3,
    # global_pool_1 3..4, head_1.dense 4..5, head_1 5..5.
    assert bounds.held(graph.layers) == 1 + 3 + 2 + 2 + 2 + 2 + 1


def test_what_runs_several_times_has_several_shapes() -> None:
    runs = shapes_by_block(design(b.Repeat(times=2, body=(b.Conv(id="halved", filters=8, strides=2),))))
    assert runs["halved"] == [((32, 32, 3), (16, 16, 8)), ((16, 16, 8), (8, 8, 8))]
    assert runs["repeat_1"] == [((32, 32, 3), (8, 8, 8))]


def test_many_buffers_at_once_are_placed_end_to_end() -> None:
    """All overlap, so none can share memory: 600 buffers of 64 bytes."""
    buffers = [Buffer(str(index), 64, index, 600) for index in range(600)]
    arena = plan(buffers)
    assert arena.size_bytes == 600 * 64
    assert sorted(arena.offsets) == list(range(0, 600 * 64, 64))


def test_cost_of_the_widest_network_that_is_allowed() -> None:
    """Its paths are all alive where they are merged: so many maps of 36 channels, and the merged one beside them."""
    paths = 400
    report = cost(design(b.Conv(filters=36), b.Branches(body=(b.Conv(filters=36),) * paths)))
    assert bounds.held(report.graph.layers) <= bounds.MAX_HELD
    assert report.timeline.live_lower_bound_bytes >= paths * 32 * 32 * 36 * 4
