"""What carries a tensor past a layer that halves the image and doubles the channels, and what each way costs.

The layer is a binary 3x3 convolution with stride 2, from C channels to 2 C. Everything is counted by the cost model, of
the operators that Larq Compute Engine runs between the tensor before the change and the one behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from bnn_designer.cost import DeployedCost, cost
from bnn_designer.cost.deployed import BINARY_MACS_PER_OP
from bnn_designer.design import Design
from bnn_designer.design.blocks import (
    BatchNormOptions,
    BinaryConv,
    Block,
    Branches,
    Conv,
    GlobalPool,
    Head,
    PoolBatchNorm,
    Sequence,
    Shortcut,
)

#: Channels before the change, with the height and width of the image there: as in a ResNet for CIFAR-10, each doubling
#: of the channels halves the image.
SIZES: dict[int, int] = {32: 32, 64: 16, 128: 8, 256: 4}

_NORM = BatchNormOptions()
_CHANGE = "change"


@dataclass(frozen=True)
class Way:
    """One way past the layer.

    Attributes:
        name: short, and unique.
        title: as the lesson calls it.
        says: what it does, and who does so.
    """

    name: str
    title: str
    says: str


WAYS: dict[str, Way] = {
    way.name: way
    for way in (
        Way("none", "no shortcut", "Nothing leads past the layer. Its sums become signs, and nothing else goes on."),
        Way(
            "pointwise",
            "pointwise convolution",
            "A float 1 x 1 convolution with stride 2 reads one pixel of four and makes the new channels of it.",
        ),
        Way(
            "average_pool_pointwise",
            "average pool, pointwise convolution",
            "An average pool takes the mean of each four pixels; the float 1 x 1 convolution reads those means. "
            "Larq's Bi-Real Net does this.",
        ),
        Way(
            "average_pool_duplicate",
            "average pool, channels twice",
            "An average pool takes the mean of each four pixels, and each channel is passed on twice. No weights. "
            "ReActNet does this.",
        ),
        Way(
            "concatenate",
            "average pool, concatenation",
            "The pooled channels are kept as they are, and the binary layer, with half the filters, adds as many new "
            "ones beside them. Nothing is summed. BinaryDenseNet keeps channels like this.",
        ),
    )
}


@dataclass(frozen=True)
class Part:
    """One operator of the change, as deployed.

    Attributes:
        kind: Larq Compute Engine's or TensorFlow Lite's name.
        shape: of its output, (height, width, channels).
        bits: 1 where it writes signs, else 32.
        weight_bytes: its constants in the file.
        macs: its multiply-accumulates of one image.
        is_binary: whether they are done by XNOR.
    """

    kind: str
    shape: tuple[int, ...]
    bits: int
    weight_bytes: int
    macs: int
    is_binary: bool


@dataclass(frozen=True)
class Change:
    """A change of shape, with what it costs.

    Attributes:
        parts: its operators in running order.
        memory_bytes: the most that is alive at once while they run, the image left out.
    """

    way: str
    channels: int
    parts: tuple[Part, ...]
    memory_bytes: int

    @property
    def weight_bytes(self) -> int:
        return sum(part.weight_bytes for part in self.parts)

    @property
    def binary_macs(self) -> int:
        return sum(part.macs for part in self.parts if part.is_binary)

    @property
    def float_macs(self) -> int:
        return sum(part.macs for part in self.parts if not part.is_binary)

    @property
    def ops(self) -> float:
        """OPs as papers count them: 64 binary MACs are one, and a float MAC is one."""
        return self.binary_macs / BINARY_MACS_PER_OP + self.float_macs


def network(way: str, channels: int) -> Design:
    """A network with one change of shape; raises KeyError where there is no such way or size."""
    size = SIZES[channels]
    strides = (32 // size, 32 // size)
    return Design(
        name=f"shape-change, {WAYS[way].title}",
        blocks=(
            Conv(id="stem", filters=channels, strides=strides, batch_norm=_NORM),
            _change(way, channels),
            BinaryConv(id="behind", filters=2 * channels, batch_norm=_NORM),
            GlobalPool(),
            Head(),
        ),
    )


def _change(way: str, channels: int) -> Block:
    filters = channels if way == "concatenate" else 2 * channels
    layer = BinaryConv(id="layer", filters=filters, strides=(2, 2), batch_norm=_NORM)
    if way == "none":
        return Sequence(id=_CHANGE, body=(layer,))
    if way == "concatenate":
        pool = PoolBatchNorm(id="pool", pool="average", batch_norm=None)
        return Branches(id=_CHANGE, merge="concatenate", body=(pool, layer))
    return Shortcut(id=_CHANGE, body=(layer,), on_shape_change=way)


@cache
def change(way: str, channels: int) -> Change:
    """What it costs; raises KeyError as :func:`network`."""
    report = cost(network(way, channels))
    deployed = report.deployed
    assert isinstance(deployed, DeployedCost)  # all of them run on LCE
    there = [index for index, op in enumerate(report.program.operators) if op.path.split("/")[0] == _CHANGE]
    parts = []
    for index in there:
        op = report.program.operators[index]
        weight_bytes = sum(constant.size_bytes for constant in op.constants)
        parts.append(Part(op.kind, op.output.shape, op.output.bits, weight_bytes, op.macs, op.is_binary))
    memory = max(
        sum(span.size_bytes for span in deployed.timeline.steps[index].live if span.role != "image") for index in there
    )
    return Change(way, channels, tuple(parts), memory)
