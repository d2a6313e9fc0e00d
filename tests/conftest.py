"""Settings of all tests, and a small world for training: learnable images in the canonical layout, a small design."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, GlobalPool, Head, Shortcut
from bnn_designer.training.data.cifar10 import CLASS_NAMES_FILE, FILES, FOLDER, RECORD_BYTES, RECORDS_PER_FILE
from bnn_designer.training.recipe import Recipe

# The same examples each time, and no time limits: a busy machine must not fail a test. To look for new counterexamples:
# python -m pytest --hypothesis-profile=hunt tests/design
settings.register_profile("gate", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("hunt", deadline=None, max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gate")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run what proves at length: `make proof`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what is marked as slow, and runs a trial that is slow on one database on the other."""
    if config.getoption("--slow"):
        return

    def slow(item: pytest.Item) -> bool:
        if item.get_closest_marker("slow") is not None:
            return True
        return item.get_closest_marker("slow_on_postgresql") is not None and "postgresql" in item.name

    left_out = [item for item in items if slow(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not slow(item)]


CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


# red, green and blue of each class: corners and edges of the color cube
COLORS = np.array(
    [(r, g, b) for r in (40, 215) for g in (40, 215) for b in (40, 215)] + [(128, 40, 215), (128, 215, 40)]
)


def make_records(rng: np.random.Generator) -> np.ndarray:
    """uint8 [10000, 3073]: class k is an image of one color with a little noise.

    The noise is the same along a row of the image, so that the files compress well.
    """
    labels = rng.integers(0, 10, RECORDS_PER_FILE)
    levels = COLORS[labels][:, :, None] + rng.integers(-40, 41, (RECORDS_PER_FILE, 3, 32))
    records = np.empty((RECORDS_PER_FILE, RECORD_BYTES), np.uint8)
    records[:, 0] = labels
    records[:, 1:] = np.repeat(levels.astype(np.uint8), 32, axis=2).reshape(RECORDS_PER_FILE, -1)
    return records


@pytest.fixture(scope="session")
def synthetic_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole ``cifar-10-batches-bin`` of made-up images; not to be written to."""
    folder = tmp_path_factory.mktemp("data") / FOLDER
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in FILES:
        if name != CLASS_NAMES_FILE:
            make_records(rng).tofile(folder / name)
    # the original file ends in an empty line
    (folder / CLASS_NAMES_FILE).write_text("\n".join(CLASS_NAMES) + "\n\n")
    return folder


@pytest.fixture(scope="session")
def small_design() -> Design:
    """8 filters, one shortcut around one binary convolution: a step takes milliseconds."""
    norm = BatchNormOptions(momentum=0.8)
    return Design(
        name="small",
        blocks=(
            Conv(filters=8, strides=(4, 4), batch_norm=norm),
            Shortcut(body=(BinaryConv(filters=8, batch_norm=norm),)),
            GlobalPool(),
            Head(),
        ),
    )


@pytest.fixture(scope="session")
def quick_recipe() -> Recipe:
    return Recipe(epochs=2, subset=500, batch_size=50, validation_subset=200, engine="float")
