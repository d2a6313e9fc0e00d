"""A small world for training: learnable images in the canonical layout, a small design, a store of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, GlobalPool, Head, Shortcut
from bnn_designer.training.cifar10 import CLASS_NAMES_FILE, FILES, FOLDER, RECORD_BYTES, RECORDS_PER_FILE
from bnn_designer.training.recipe import Recipe
from bnn_designer.training.store import Store

CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def make_records(rng: np.random.Generator) -> np.ndarray:
    """uint8 [10000, 3073]: class k is a pattern of horizontal stripes of its own, with a little noise on each stripe.

    Every row of an image is one gray level, so that the files compress well.
    """
    labels = rng.integers(0, 10, RECORDS_PER_FILE)
    rows = np.arange(32)
    stripes = np.stack([128 + 80 * np.sin(rows * (k + 1) / 4 + k) for k in range(10)])
    levels = np.clip(stripes[labels] + rng.integers(-30, 31, (RECORDS_PER_FILE, 32)), 0, 255).astype(np.uint8)
    records = np.empty((RECORDS_PER_FILE, RECORD_BYTES), np.uint8)
    records[:, 0] = labels
    records[:, 1:] = np.tile(np.repeat(levels, 32, axis=1), 3)
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


@pytest.fixture
def data_copy(synthetic_data: Path, tmp_path: Path) -> Path:
    """A folder of links to the files of ``synthetic_data``: a test replaces a link, never writes through it."""
    folder = tmp_path / FOLDER
    folder.mkdir()
    for name in FILES:
        (folder / name).symlink_to(synthetic_data / name)
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(home=tmp_path / "home", url=f"sqlite:///{tmp_path / 'home' / 'runs.sqlite'}")
    yield store
    store.close()


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


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
    """Waits for another process; the limit is only there so that a broken test ends."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"still waiting after {timeout_s} s: {what}"
        time.sleep(0.05)
