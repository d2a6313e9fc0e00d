"""Networks made for ImageNet, opened for small images."""

from __future__ import annotations

from bnn_designer.design import Design
from bnn_designer.design.blocks import BinaryConv, Conv, PoolBatchNorm
from bnn_designer.design.presets import preset
from bnn_designer.design.small_image import small_image_stem
from bnn_designer.graph import lower
from bnn_designer.runs.drafts import Drafts
from bnn_designer.ui.design.start.for_cifar import for_cifar
from tests.ui.components import press
from tests.ui.conftest import OpenPage


def test_a_preset_for_imagenet_becomes_one_for_cifar() -> None:
    small = for_cifar(preset("bi-real-net"))
    assert small is not None
    assert (small.name, small.input_shape, small.classes) == ("bi-real-net 32 x 32", (32, 32, 3), 10)
    lower(small)
    stem = small.blocks[0]
    assert isinstance(stem, Conv)
    assert (stem.kernel_size, stem.strides) == ((3, 3), (1, 1))


def test_a_network_for_small_images_is_none_nor_is_one_that_is_not_finished() -> None:
    assert for_cifar(preset("quicknet-cifar")) is None
    halves = tuple(BinaryConv(filters=8, strides=(2, 2)) for _ in range(4))
    unfinished = Design(blocks=(Conv(filters=8, strides=(2, 2)), PoolBatchNorm(pool="max"), *halves))
    assert small_image_stem(unfinished) is not None
    assert for_cifar(unfinished) is None


def test_the_gallery_opens_it(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page()
    press(app, "gallery", "opened", {"name": "bi-real-net", "small": True})
    assert drafts.get(app.query_params["draft"]).design == for_cifar(preset("bi-real-net"))
