"""Whether a run fits into memory, before it starts."""

from __future__ import annotations

from typing import Any

import pytest

from bnn_designer.cost.training_memory import training_memory
from bnn_designer.design.presets import preset
from bnn_designer.graph import lower
from bnn_designer.training.failures import OutOfMemory
from bnn_designer.training.memory import available_bytes, check_memory
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
