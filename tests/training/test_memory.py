"""Whether a run fits into memory, before it starts."""

from __future__ import annotations

from typing import Any

import pytest

from bnn_designer.cost.training_memory import training_memory
from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, GlobalPool, Head
from bnn_designer.design.presets import preset
from bnn_designer.graph import lower
from bnn_designer.training.failures import OutOfMemory
from bnn_designer.training.memory import available_bytes, check_memory, needed_bytes
from bnn_designer.training.recipe import Recipe


def test_there_is_some_memory() -> None:
    assert available_bytes() > 0


def test_what_just_fits_passes_and_a_byte_less_says_which_batch_would() -> None:
    design = preset("binarynet")
    recipe = Recipe(batch_size=100, subset=1000, validation_subset=500)
    memory = training_memory(lower(design), 100, "xnor")
    images_bytes = (1000 + 500) * 32 * 32 * 3
    needed_bytes = memory.total_bytes + images_bytes
    check_memory(design, recipe, needed_bytes)
    with pytest.raises(OutOfMemory, match=r"batch size 100 takes at least .* Lower the batch size to 99 or less"):
        check_memory(design, recipe, needed_bytes - 1)
    check_memory(design, recipe.model_copy(update={"batch_size": 99}), needed_bytes - 1)
    with pytest.raises(OutOfMemory, match="Make the network smaller"):
        check_memory(design, recipe, images_bytes)


def test_the_float_engine_needs_more() -> None:
    design = preset("bi-real-cifar")
    recipe = Recipe(batch_size=100, subset=1000, validation_subset=500)
    enough_for_bits = training_memory(lower(design), 100, "xnor").total_bytes + 1500 * 3072
    check_memory(design, recipe, enough_for_bits)
    with pytest.raises(OutOfMemory, match="bi-real-cifar: training it"):
        check_memory(design, recipe.model_copy(update={"engine": "float"}), enough_for_bits)


@pytest.mark.parametrize(
    ("fields", "numbers"),
    [({"optimizer": "sgd"}, 1), ({"optimizer": "sgd", "momentum": 0}, 0), ({"optimizer": "adam_bop"}, 1)],
)
def test_other_optimizers_keep_less_than_adam(fields: dict[str, Any], numbers: int) -> None:
    design = preset("binarynet")
    recipe = Recipe.from_fields(batch_size=10, subset=1000, validation_subset=500, **fields)
    memory = training_memory(lower(design), 10, "xnor")
    # float32, of each trained number: of Adam's two some are left out
    needed_bytes = memory.total_bytes - (2 - numbers) * 4 * memory.trained + 1500 * 3072
    check_memory(design, recipe, needed_bytes)
    with pytest.raises(OutOfMemory):
        check_memory(design, recipe, needed_bytes - 1)


SMALL = Design(
    name="small",
    input_shape=(8, 8, 3),
    blocks=(
        Conv(filters=4, batch_norm=BatchNormOptions(), activation="relu"),
        BinaryConv(filters=4),
        GlobalPool(),
        Head(classifier="dense"),
    ),
)
RECIPE = Recipe(epochs=4, batch_size=7, subset=100, validation_subset=50)
#: Of SMALL: the two convolutions, scale and offset of the batch norm, and the classifier.
TRAINED = 3 * 3 * 3 * 4 + 3 * 3 * 4 * 4 + 2 * 4 + (4 * 10 + 10)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_teacher_adds_its_weights_and_nothing_else(optimizer: str) -> None:
    recipe = RECIPE.changed(optimizer=optimizer, teacher="12345678")
    # its moving mean and variance, too; all float32, those of binary kernels as well
    more = 4 * (TRAINED + 2 * 4)
    alone = needed_bytes(SMALL, recipe)
    assert needed_bytes(SMALL, recipe, teacher=SMALL) == alone + more
    check_memory(SMALL, recipe, alone + more, teacher=SMALL)
    # a larger batch does not make it larger: nothing of its forward pass is kept
    larger = recipe.changed(batch_size=70)
    assert needed_bytes(SMALL, larger, teacher=SMALL) - needed_bytes(SMALL, larger) == more
    # a byte less: six images' tensors fit beside it, and the message counts that
    with pytest.raises(OutOfMemory, match="Lower the batch size to 6 or less"):
        check_memory(SMALL, recipe, alone + more - 1, teacher=SMALL)


def test_the_first_of_two_stages_keeps_floats_where_the_second_has_bits() -> None:
    wide = SMALL.model_copy(update={"blocks": (SMALL.blocks[0].model_copy(update={"filters": 32}), *SMALL.blocks[1:])})
    # of each pixel of the binary layer's input 32 signs in float in place of two words, signs and mask, of 8 bytes;
    # the input itself is kept already, as ReLU's output; weights and optimizer are those of both stages
    more = 7 * (8 * 8 * 32 * 4 - 8 * 8 * 2 * 8)
    two_stages = RECIPE.changed(first_stage_epochs=2)
    assert needed_bytes(wide, two_stages) == needed_bytes(wide, RECIPE) + more
    in_float = RECIPE.changed(engine="float")
    assert needed_bytes(wide, in_float.changed(first_stage_epochs=2)) == needed_bytes(wide, in_float)


def test_images_of_ones_own_count_once_they_are_read() -> None:
    own = RECIPE.changed(data="/nowhere/own.npz", subset=None, validation_subset=None)
    published = needed_bytes(SMALL, RECIPE) - (100 + 50) * 8 * 8 * 3
    assert needed_bytes(SMALL, own) == published
    assert needed_bytes(SMALL, own, images=40) == published + 40 * 8 * 8 * 3
