"""When weights flipped, held against what the run reported of each epoch."""

from __future__ import annotations

import numpy as np
import pytest

from bnn_designer.inspection.flipping import Recorded, flip_looks, recorded_flips
from bnn_designer.runs.curves import epochs_of
from bnn_designer.training.flips import LayerFlips
from tests.inspection.conftest import Trained
from tests.inspection.made import made_found


def test_flips_are_those_that_the_epochs_reported(trained: Trained) -> None:
    """What flipped in the last epoch has not flipped since, and the flips of all epochs are those of all weights."""
    ends = epochs_of(trained.store, (trained.run.id,))[trained.run.id]
    assert len(ends) == 2
    flips = trained.found.inside.flips
    assert [one.name for one in flips] == [kernel.name for kernel in trained.found.inside.kernels]
    for one in flips:
        ratios = [layer.flip_ratio for end in ends for layer in end.layers if layer.name == one.name]
        first, last = (ratio * one.weights for ratio in ratios if ratio is not None)
        assert one.last[1] == pytest.approx(last)
        assert one.flips == pytest.approx(first + last)
        assert one.flips > 0
        assert one.never + sum(one.last) == one.weights
        # all weights of so small a layer are in the picture
        there, count = (trained.found.arrays[f"flips_{what}/{one.name}"] for what in ("last", "count"))
        assert there.shape == trained.found.arrays[f"kernel/{one.name}"].shape
        assert [(there == epoch).sum() for epoch in range(3)] == [one.never, *one.last]
        assert count.sum() == one.flips
    assert trained.found.inside.why_no_flips == ""


def test_a_weight_has_the_place_that_its_kernel_has() -> None:
    kernel = made_found("aaaa0000").inside.kernels[0]  # 3 x 3 weights of 6 channels and 6 filters
    last = np.zeros(kernel.shape, np.uint8)
    last[0, 2, 4, 1] = 3
    arrays: dict[str, np.ndarray] = {}
    recorded = Recorded(3, {kernel.name: LayerFlips(last.ravel(), (last > 0).astype(np.uint8).ravel())}, "")
    (look,), why = flip_looks(recorded, [kernel], arrays)
    assert (look.never, look.last, look.flips, why) == (3 * 3 * 6 * 6 - 1, (0, 0, 1), 1, "")
    assert np.argwhere(arrays[f"flips_last/{kernel.name}"]).tolist() == [[1, 4, 0, 2]]


def test_what_is_not_known_says_why(trained: Trained) -> None:
    assert "no state" in recorded_flips(trained.store, "ffffffff").why_none
    path = trained.store.run_folder("eeeeeeee") / "state.npz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PK")
    assert "cannot be read" in recorded_flips(trained.store, "eeeeeeee").why_none
    kernels = trained.found.inside.kernels
    assert flip_looks(Recorded(why_none="Not recorded: of before."), kernels, {}) == ((), "Not recorded: of before.")
    other = {kernel.name: LayerFlips(np.zeros(1, np.uint8), np.zeros(1, np.uint8)) for kernel in kernels}
    assert "other weights" in flip_looks(Recorded(1, other, ""), kernels, {})[1]
