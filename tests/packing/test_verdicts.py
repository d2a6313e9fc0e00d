"""What is said of this engine before a network is packed is what the packer does."""

from __future__ import annotations

import pytest

from bnn_designer.cost import cost
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import preset
from bnn_designer.graph import lower, ops
from bnn_designer.packing import PackError, pack
from bnn_designer.targets import verdicts
from bnn_designer.targets.engine import judge
from bnn_designer.targets.verdict import Subject
from tests.inference.models import random_model

NORM = b.BatchNormOptions()


def conv(**fields: object) -> b.BinaryConv:
    return b.BinaryConv.model_validate({"filters": 32, "batch_norm": NORM} | fields)


def network(*body: b.Block) -> Design:
    blocks = (b.Conv(filters=32, batch_norm=NORM), *body, b.Flatten(), b.BinaryDense(units=16), b.Head())
    return Design(input_shape=(8, 8, 3), blocks=blocks)


DESIGNS = {
    "grouped": network(conv(groups=4), conv(groups=4, pad_values=0), conv(groups=4, padding="valid")),
    "depthwise": network(b.BinaryDepthwiseConv(batch_norm=NORM), conv()),
    "mixed": network(conv(input_quantizer=None), conv(kernel_quantizer=None), conv(input_quantizer="dorefa")),
    "pools": network(
        conv(batch_norm=None),
        b.PoolBatchNorm(),  # pool, batch norm, sign
        conv(activation="relu", order="activation_first"),
        b.PoolBatchNorm(order="batch_norm_first"),
        conv(activation="prelu"),
        b.PoolBatchNorm(pool_size=2, strides=1),
        conv(),
    ),
    "pools that floats read": network(
        conv(),
        b.PoolBatchNorm(),
        b.Shortcut(body=(conv(),)),
        b.PoolBatchNorm(),
        b.Activation(function="hard_tanh"),
        conv(),
    ),
    "a flatten behind the pool": network(conv(), b.PoolBatchNorm()),
    "a flatten that fills whole words": network(conv(filters=64), b.PoolBatchNorm()),
    "ternary": network(conv(kernel_quantizer="ste_tern"), conv(input_quantizer="ste_tern")),
}


def presets() -> dict[str, Design]:
    return {name: preset(name) for name in ("binarynet", "vgg-small-bnn", "reactnet-cifar", "quicknet-cifar", "har-1d")}


@pytest.mark.parametrize("name", [*DESIGNS, *presets()])
def test_layers_are_packed_where_the_verdict_says_so(name: str) -> None:
    design = DESIGNS.get(name) or preset(name)
    report = cost(design)
    graph = report.graph
    sources = {
        layer: group.source for group in pack(graph, random_model(graph)).header.groups for layer in group.layers
    }
    subject, seen = Subject(report), set()
    for layer in graph.layers:
        verdict = judge(subject, layer)
        if verdict is None:
            continue
        # A pool stands first among the layers of its group; so does a product.
        wanted = "binary_max_pool" if isinstance(layer.op, ops.Pool2D) else "binary_conv"
        assert (sources[layer.name] == wanted) == (verdict.state == "bits"), (layer.name, verdict, sources[layer.name])
        seen.add(verdict.state)
    assert "bits" in seen


def test_what_the_verdict_refuses_the_packer_refuses() -> None:
    for quantizer in ("int8", {"name": "dorefa", "k_bit": 1}):
        design = network(conv(id="x", input_quantizer=quantizer))
        assert verdicts(design)["x"]["engine"].state == "refused"
        with pytest.raises(PackError, match="x"):
            pack(lower(design), random_model(lower(design)))
