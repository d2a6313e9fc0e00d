"""The stem for small images: offered where an ImageNet stem would leave nothing of the image, and a network then."""

from __future__ import annotations

import pytest

from bnn_designer.cost import cost
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.design.small_image import SMALLEST_MAP, small_image_stem, total_reduction

IMAGENET = [name for name, make in PRESETS.items() if make().input_shape == (224, 224, 3)]
#: Dilation in the place of strides: it divides an image by 8 only, and CIFAR's ends in 4 x 4 pixels as it is.
DILATED = "binary-densenet-37-dilated"


def sized(name: str, side: int) -> Design:
    return preset(name).model_copy(update={"input_shape": (side, side, 3)})


@pytest.mark.parametrize("name", [name for name in IMAGENET if name != DILATED])
def test_a_preset_for_imagenet_gets_its_small_stem(name: str) -> None:
    original = sized(name, 32)
    small = small_image_stem(original)
    assert small is not None
    assert total_reduction(small) < total_reduction(original) == 32
    report = cost(small)
    maps = [layer.output_shape[:2] for layer in report.layers if len(layer.output_shape) == 3]
    assert maps[0] >= (30, 30)  # the first layer keeps the image, or nearly so without padding
    kept = {block.id for block in original.blocks} & {block.id for block in small.blocks}
    assert {block.id for block in original.blocks if isinstance(block, b.Container)} <= kept
    assert small_image_stem(small) is None


def test_resnet_18_on_cifar_is_counted_by_hand() -> None:
    """The stem at 32x32, four 3x3 convolutions a stage, 1x1 ones where the channels double, 512 x 10: 0.56 GMACs."""
    small = small_image_stem(sized("bi-real-net", 32).model_copy(update={"classes": 10}))
    assert small is not None
    macs = 32 * 32 * 9 * 3 * 64 + 4 * 32 * 32 * 9 * 64 * 64 + 512 * 10
    for side, channels in ((16, 128), (8, 256), (4, 512)):
        macs += side * side * (9 * channels * channels // 2 + 3 * 9 * channels * channels + channels * channels // 2)
    assert cost(small).larq.macs == macs
    assert [block.kind for block in small.blocks[:2]] == ["conv", "shortcut"]


def test_the_batch_norm_of_a_pool_stays() -> None:
    small = small_image_stem(sized("xnor-net", 32))
    assert small is not None
    stem, norm = small.blocks[:2]
    assert isinstance(stem, b.Conv)
    assert (stem.kernel_size, stem.strides, stem.padding, stem.filters) == ((3, 3), (1, 1), "same", 96)
    assert isinstance(norm, b.BatchNorm)
    assert norm.batch_norm == preset("xnor-net").blocks[1].batch_norm  # type: ignore[union-attr]


@pytest.mark.parametrize("name", [name for name in PRESETS if name not in IMAGENET])
def test_networks_for_small_images_are_left_alone(name: str) -> None:
    assert small_image_stem(preset(name)) is None


@pytest.mark.parametrize("name", IMAGENET)
def test_large_images_keep_their_stem(name: str) -> None:
    assert small_image_stem(preset(name)) is None
    assert small_image_stem(sized(name, 32 * SMALLEST_MAP)) is None


def test_a_map_of_three_pixels_is_small() -> None:
    assert small_image_stem(sized("bi-real-net", 32 * SMALLEST_MAP - 1)) is not None
    assert small_image_stem(sized(DILATED, 32)) is None


def test_reductions_multiply_along_the_way() -> None:
    half = b.Conv(filters=8, strides=2)
    body = (
        b.PoolBatchNorm(pool_size=3, strides=2),  # 2
        b.BlurPool(),  # 2
        b.Repeat(times=3, body=(b.Shortcut(body=(half,)),)),  # 2 ** 3
        b.Branches(body=(b.Sequence(body=(half, half)), b.Conv(filters=8, strides=(4, 1)))),  # 4
        b.PoolBatchNorm(pool="global_average"),  # 1
    )
    assert total_reduction(Design(blocks=body)) == 2 * 2 * 2**3 * 4


def test_repeats_of_repeats_take_no_time() -> None:
    block: b.Block = b.Conv(filters=8, strides=2)
    for _ in range(14):
        block = b.Repeat(times=4096, body=(block,))
    small = small_image_stem(Design(blocks=(b.Conv(filters=8, strides=2), block)))
    assert small is not None
    assert small.blocks[0].strides == (1, 1)  # type: ignore[union-attr]
