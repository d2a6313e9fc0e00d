"""Costs where windows are larger than what they slide over, with "same" padding."""

from __future__ import annotations

import pytest

from bnn_designer.advisor import advise
from bnn_designer.cost import cost
from bnn_designer.cost.deployed import DeployedCost
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import preset
from tests.small_maps import IMAGENET_PRESETS, MAPS, every_window, on_cifar


@pytest.mark.parametrize("name", IMAGENET_PRESETS)
def test_presets_on_images_of_cifar_have_every_figure(name: str) -> None:
    """Global pools end these networks, so an image of another size has the same weights."""
    report, published = cost(on_cifar(name)), cost(preset(name))
    assert report.larq.params_by_bits == published.larq.params_by_bits
    assert isinstance(report.deployed, DeployedCost)
    assert isinstance(published.deployed, DeployedCost)
    assert report.deployed.weight_bytes == published.deployed.weight_bytes
    assert 0 < report.deployed.arena_bytes < published.deployed.arena_bytes
    assert 0 < report.training_memory.total_bytes < published.training_memory.total_bytes
    assert report.formulas()
    assert report.to_data()
    assert advise(on_cifar(name))


def test_a_window_is_counted_whole() -> None:
    """Larq counts what "same" padding adds; LCE unfolds it: nine taps of 8 channels, of which one is the image."""
    blocks = (b.Conv(id="c", filters=16, kernel_size=3), b.Flatten(), b.Head())
    report = cost(Design(input_shape=(1, 1, 8), blocks=blocks))
    assert report.layers[0].count.macs == 3 * 3 * 8 * 16
    (conv,) = (op for op in report.program.operators if op.kind == "CONV_2D")
    assert conv.macs == 3 * 3 * 8 * 16
    assert conv.im2col is not None
    assert conv.im2col.shape == (1, 1, 3 * 3 * 8)


def test_ones_around_one_pixel() -> None:
    """A float convolution of signs reads them in a border that an operator puts there: 7x7 for 7 taps."""
    conv = b.BinaryConv(id="c", filters=4, kernel_size=7, kernel_quantizer=None, pad_values=1)
    report = cost(Design(input_shape=(1, 2, 8), blocks=(conv, b.Flatten(), b.Head())))
    (pad,) = (op for op in report.program.operators if op.kind == "PADV2")
    assert pad.output.shape == (7, 1 + 7, 8)


@pytest.mark.parametrize("size", MAPS, ids=str)
def test_every_window_is_costed_and_advised_on(size: tuple[int, int]) -> None:
    design = every_window(size, 1)
    report = cost(design)
    assert report.to_data()
    assert all(report.layer_formulas(layer.name) is not None for layer in report.graph.layers)
    assert report.timeline.live_lower_bound_bytes > 0
    advise(design)
