"""A run of a small network on a small set of its own, trained once for all tests here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, GlobalPool, Head, PoolBatchNorm
from bnn_designer.inspection.report import Found
from bnn_designer.inspection.worker import look
from bnn_designer.runs.execute import run_in_foreground
from bnn_designer.runs.store import Store, store_url
from bnn_designer.training.recipe import Recipe
from tests.training.data.made import write_npz

CLASSES = 3
TEST_IMAGES = 30


def design() -> Design:
    """A float convolution, a binary one whose sums are compared with thresholds, and one whose sums are averaged."""
    norm = BatchNormOptions(momentum=0.5)
    return Design(
        name="to look into",
        input_shape=(8, 8, 3),
        classes=CLASSES,
        blocks=(
            Conv(filters=8, strides=(2, 2), batch_norm=norm),
            BinaryConv(filters=8, batch_norm=None),
            PoolBatchNorm(pool="max", pool_size=(2, 2), batch_norm=norm),
            BinaryConv(filters=4, batch_norm=norm),
            GlobalPool(),
            Head(),
        ),
    )


class Trained:
    """A store with one run that is done, and what was found inside.

    Attributes:
        said: what the work told of itself.
    """

    def __init__(self, folder: Path) -> None:
        data = write_npz(folder / "set.npz", shape=(8, 8, 3), classes=CLASSES, train=60, test=TEST_IMAGES)
        self.store = Store(store_url(folder / "home"), folder / "home")
        self.run = run_in_foreground(
            self.store, design(), Recipe(data=str(data), epochs=2, batch_size=20, engine="float")
        )
        self.said: list[tuple[str, float]] = []
        self.found: Found = look(self.store, self.run.id, lambda step, share: self.said.append((step, share)))


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    one = Trained(tmp_path_factory.mktemp("inspection"))
    yield one
    one.store.close()
