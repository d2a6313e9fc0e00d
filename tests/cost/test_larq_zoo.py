"""The networks of Larq Zoo, counted to the last digit as Larq counts them, in total and layer by layer.

The totals are those of ``larq.models.ModelProfile`` (larq 0.14.0, larq-zoo 2.4.0, TensorFlow 2.15); the layers are in
``larq_zoo_layers.tsv``, from the same run.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bnn_designer.cost import CostReport, cost
from bnn_designer.design.presets import PRESETS, PUBLISHED, preset
from bnn_designer.graph import ops

# Weights by bits, memory in bits, MACs by bits.
TOTALS: dict[str, tuple[dict[int, int], int, dict[int, int]]] = {
    "binary-alexnet": ({1: 61_827_776, 32: 20_944}, 62_497_984, {1: 768_512_000, 32: 72_855_552}),
    "xnor-net": ({1: 58_236_928, 32: 4_150_176}, 191_042_560, {1: 1_025_744_896, 32: 113_379_328}),
    "dorefa-net": ({1: 58_236_928, 32: 4_157_512}, 191_277_312, {2: 2_924_609_536, 32: 125_028_352}),
    "bi-real-net": ({1: 10_985_472, 32: 704_040}, 33_514_752, {1: 1_676_279_808, 32: 137_793_536}),
    "binary-resnet-e18": ({1: 10_985_472, 32: 704_168}, 33_518_848, {1: 1_676_279_808, 32: 137_793_536}),
    "binary-densenet-28": ({1: 4_202_496, 32: 929_000}, 33_930_496, {1: 3_587_383_296, 32: 202_484_224}),
    "binary-densenet-37": ({1: 7_593_984, 32: 1_108_264}, 43_058_432, {1: 4_506_808_320, 32: 199_738_368}),
    "binary-densenet-37-dilated": ({1: 7_593_984, 32: 1_108_264}, 43_058_432, {1: 7_774_470_144, 32: 452_625_408}),
    "binary-densenet-45": ({1: 12_349_440, 32: 1_540_072}, 61_631_744, {1: 6_430_556_160, 32: 244_103_424}),
    "melius-net-22": ({1: 6_119_424, 32: 825_160}, 32_524_544, {1: 4_624_220_160, 32: 136_388_608}),
    "real-to-binary-net": ({1: 10_985_472, 32: 1_001_448}, 43_031_808, {1: 1_676_279_808, 32: 138_087_936}),
    "quicknet-small": ({1: 11_980_800, 32: 674_888}, 33_577_216, {1: 1_156_055_040, 32: 15_941_120}),
    "quicknet": ({1: 12_533_760, 32: 700_328}, 34_944_256, {1: 1_849_688_064, 32: 29_651_712}),
    "quicknet-large": ({1: 22_634_496, 32: 707_752}, 45_282_560, {1: 3_699_376_128, 32: 29_651_712}),
}

#: Output shape, bits of a weight, weights, bits of a MAC (0: no MACs), MACs.
Row = tuple[tuple[int, ...], int, int, int, int]


def rows_of_larq(name: str) -> Counter[Row]:
    rows: Counter[Row] = Counter()
    for line in (Path(__file__).parent / "larq_zoo_layers.tsv").read_text().splitlines():
        if line.startswith("#"):
            continue
        network, _, shape, *numbers = line.split("\t")
        if network == name:
            bits, weights, mac_bits, macs = (int(number) for number in (*numbers, "0", "0")[:4])
            rows[_vector(tuple(int(size) for size in shape.split("x"))), bits, weights, mac_bits, macs] += 1
    return rows


def _vector(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The zoo's AlexNets have 1x1 convolutions on one pixel where these have dense layers, which are the same."""
    return shape[2:] if shape[:2] == (1, 1) else shape


def rows_of_ours(report: CostReport) -> Counter[Row]:
    """A grouped convolution as the zoo builds it, a layer for each group."""
    rows: Counter[Row] = Counter()
    for layer, op in zip(report.layers, [layer.op for layer in report.graph.layers], strict=True):
        if not layer.count.params:
            continue
        groups = op.groups if isinstance(op, ops.Conv2D) else 1
        ((bits, weights),) = layer.count.params_by_bits.items()
        ((mac_bits, macs),) = layer.count.macs_by_bits.items() or [(0, 0)]
        shape = (*layer.output_shape[:-1], layer.output_shape[-1] // groups)
        rows[_vector(shape), bits, weights // groups, mac_bits, macs // groups] += groups
    return rows


@pytest.mark.parametrize("name", TOTALS)
def test_totals_are_larqs(name: str) -> None:
    params, memory_bits, macs = TOTALS[name]
    report = cost(preset(name))
    assert report.larq.params_by_bits == params
    assert report.larq.memory_bits == memory_bits == sum(bits * number for bits, number in params.items())
    assert report.larq.macs_by_bits == macs
    data = report.to_data()["larq"]
    assert data["params_by_bits"] == {str(bits): number for bits, number in params.items()}
    assert data["macs_by_bits"] == {str(bits): number for bits, number in macs.items()}
    assert data["memory_bytes"] == -(-memory_bits // 8)


@pytest.mark.parametrize("name", TOTALS)
def test_layers_are_larqs(name: str) -> None:
    expected = rows_of_larq(name)
    assert sum(row[2] * count for row, count in expected.items()) == sum(TOTALS[name][0].values())
    assert rows_of_ours(cost(preset(name))) == expected


@pytest.mark.parametrize("name", [name for name, figures in PUBLISHED.items() if figures.size_mb])
def test_published_sizes_are_those_counted(name: str) -> None:
    """The zoo gives MiB with two digits."""
    published = PUBLISHED[name].size_mb
    assert published is not None
    assert abs(cost(preset(name)).larq.memory_bits / 8 / 2**20 - published) <= 0.005 + 1e-9


def test_group_net_by_arithmetic() -> None:
    """ResNet-18's 16 binary convolutions, five times; stem, three bypasses, classifier and batch norms in float."""
    stages = [(64, 64, 56), (64, 128, 28), (128, 256, 14), (256, 512, 7)]  # channels in and out, size
    binary = [(3 * 3 * (cin if first else c) * c, size) for cin, c, size in stages for first in (True, *[False] * 3)]
    bypasses = [(64 * 128, 28), (128 * 256, 14), (256 * 512, 7)]
    full = [(7 * 7 * 3 * 64, 112), *bypasses, (512 * 1000, 1)]
    norms = 64 + sum(5 * 4 * c for _, c, _ in stages) + 128 + 256 + 512
    counted = cost(preset("group-net-18")).larq
    assert counted.params_by_bits == {
        1: 5 * sum(kernel for kernel, _ in binary),
        32: sum(kernel for kernel, _ in full) + 1000 + 2 * norms,
    }
    assert counted.macs_by_bits == {
        1: 5 * sum(kernel * size**2 for kernel, size in binary),
        32: sum(kernel * size**2 for kernel, size in full),
    }


def test_reactnet_a_by_arithmetic_and_by_its_paper() -> None:
    """Thirteen units: a 3x3 convolution that keeps the channels, a 1x1 one that may double them."""
    units = [  # channels in and out, size
        *[(32, 64, 112), (64, 128, 56), (128, 128, 56), (128, 256, 28), (256, 256, 28)],
        *[(256, 512, 14), *[(512, 512, 14)] * 5, (512, 1024, 7), (1024, 1024, 7)],
    ]
    binary = sum((3 * 3 * cin * cin + cin * cout) * size**2 for cin, cout, size in units)
    full = 3 * 3 * 3 * 32 * 112**2 + 1024 * 1000
    counted = cost(preset("reactnet-a")).larq
    assert counted.macs_by_bits == {1: binary, 32: full}
    # Per convolution: a batch norm (2), RPReLU (3) of its outputs, RSign (1) of its inputs.
    channels = sum(5 * cin + cin + 5 * cout + cin for cin, cout, _ in units)
    assert counted.params_by_bits == {
        1: sum(3 * 3 * cin * cin + cin * cout for cin, cout, _ in units),
        32: 3 * 3 * 3 * 32 + 2 * 32 + channels + 1024 * 1000 + 1000,
    }
    assert round((binary / 64 + full) / 1e8, 2) == PUBLISHED["reactnet-a"].ops / 1e8 == 0.87


@pytest.mark.parametrize("name", [name for name in PRESETS if name.endswith("-cifar")])
def test_siblings_for_cifar_10_are_small(name: str) -> None:
    assert 20e6 <= cost(preset(name)).larq.macs <= 60e6


def test_everything_published_is_of_a_preset() -> None:
    assert set(PUBLISHED) <= set(PRESETS)
    assert set(TOTALS) <= set(PUBLISHED)
