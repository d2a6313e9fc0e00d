"""A network made for ImageNet where images are small: offered in the gallery, and in the popover of the image."""

from __future__ import annotations

from bnn_designer.design import Design
from bnn_designer.design.blocks import BinaryConv, Conv, PoolBatchNorm
from bnn_designer.design.presets import preset
from bnn_designer.design.small_image import small_image_stem
from bnn_designer.graph import lower
from bnn_designer.runs.drafts import Drafts
from bnn_designer.ui.design.small_image_offer import for_cifar, with_small_stem
from tests.ui.components import press
from tests.ui.conftest import OpenPage, field


def test_a_preset_for_imagenet_becomes_one_for_cifar() -> None:
    small = for_cifar(preset("bi-real-net"))
    assert small is not None
    assert (small.name, small.input_shape, small.classes) == ("bi-real-net 32 x 32", (32, 32, 3), 10)
    lower(small)
    stem = small.blocks[0]
    assert isinstance(stem, Conv)
    assert (stem.kernel_size, stem.strides) == ((3, 3), (1, 1))
    assert for_cifar(preset("quicknet-cifar")) is None


def test_nothing_is_offered_for_a_design_that_is_not_finished() -> None:
    halves = tuple(BinaryConv(filters=8, strides=(2, 2)) for _ in range(4))
    unfinished = Design(blocks=(Conv(filters=8, strides=(2, 2)), PoolBatchNorm(pool="max"), *halves))
    assert small_image_stem(unfinished) is not None
    assert with_small_stem(unfinished) is None


def test_the_gallery_opens_it_for_small_images(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page()
    press(app, "gallery", "opened", {"name": "bi-real-net", "small": True})
    assert drafts.get(app.query_params["draft"]).design == for_cifar(preset("bi-real-net"))


def test_a_smaller_image_brings_the_offer_which_is_one_step(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("bi-real-net"))
    app = open_page(draft=draft.id)
    assert not [button for button in app.button if button.key == "small_stem"]
    for side in ("input_0", "input_1"):
        field(app.number_input, f"design.{side}").set_value(32).run()
    before = drafts.get(draft.id)
    app.button(key="small_stem").click().run()
    assert not app.exception
    after = drafts.get(draft.id)
    assert after.design == small_image_stem(before.design)
    assert after.undo_steps == before.undo_steps + 1
    assert not [button for button in app.button if button.key == "small_stem"]
