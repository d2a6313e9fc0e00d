"""Which weights flip and when, from signs that a reader can count."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.training.failures import CheckpointError
from bnn_designer.training.flips import Flips, read_flips

#: A few epochs of a few weights: which of them flip in each.
EPOCHS = st.integers(1, 9).flatmap(
    lambda weights: st.lists(st.lists(st.booleans(), min_size=weights, max_size=weights), min_size=1, max_size=6)
)


def packed(changed: Any) -> npt.NDArray[np.uint8]:
    return np.packbits(np.array(changed, bool))


def after(epochs: list[list[bool]]) -> Flips:
    flips = Flips({"conv": len(epochs[0])})
    for changed in epochs:
        flips.add({"conv": packed(changed)})
    return flips


def test_the_last_flip_of_a_weight_and_how_often_it_flipped() -> None:
    flips = Flips({"conv": 10, "dense": 3})
    none, all_three = [False] * 3, [True] * 3
    assert flips.add({"conv": packed([True] * 4 + [False] * 6), "dense": packed(none)}) == {"conv": 4, "dense": 0}
    assert flips.add({"conv": packed([False] * 10), "dense": packed(all_three)}) == {"conv": 0, "dense": 3}
    assert flips.add({"conv": packed([True] + [False] * 8 + [True]), "dense": packed(none)}) == {"conv": 2, "dense": 0}
    assert flips.layers["conv"].last.tolist() == [3, 1, 1, 1, 0, 0, 0, 0, 0, 3]
    assert flips.layers["conv"].count.tolist() == [2, 1, 1, 1, 0, 0, 0, 0, 0, 1]
    assert flips.layers["dense"].last.tolist() == [2, 2, 2]


@given(EPOCHS)
def test_it_is_what_a_history_of_all_flips_says(epochs: list[list[bool]]) -> None:
    flips = after(epochs)
    for weight, history in enumerate(zip(*epochs, strict=True)):
        assert flips.layers["conv"].count[weight] == sum(history)
        assert flips.layers["conv"].last[weight] == max((i for i, one in enumerate(history, 1) if one), default=0)


@given(EPOCHS, st.integers(0, 6))
def test_going_on_from_a_state_is_going_through(epochs: list[list[bool]], at: int) -> None:
    at = min(at, len(epochs) - 1)
    resumed = Flips({"conv": len(epochs[0])})
    resumed.add({"conv": packed([True] * len(epochs[0]))})  # forgotten: it was after the state
    state = (after(epochs[:at]) if at else Flips({"conv": len(epochs[0])})).arrays()
    resumed.restore(state)
    for changed in epochs[at:]:
        resumed.add({"conv": packed(changed)})
    there, here = after(epochs).arrays(), resumed.arrays()
    assert there.keys() == here.keys()
    assert all(np.array_equal(there[name], here[name]) and there[name].dtype == here[name].dtype for name in there)


def test_a_byte_a_weight_grows_to_two_with_the_256th_epoch() -> None:
    flips = Flips({"conv": 2})
    for epoch in range(1, 258):
        flips.add({"conv": packed([True, epoch == 1])})
        assert flips.layers["conv"].last.itemsize == flips.layers["conv"].count.itemsize == (1 if epoch < 256 else 2)
    assert flips.layers["conv"].last.tolist() == [257, 1]
    assert flips.layers["conv"].count.tolist() == [257, 1]


def test_a_run_that_began_before_they_were_kept_knows_none() -> None:
    state = {"model/conv/0/kernel": np.zeros(3)}
    assert read_flips(state) is None
    flips = Flips({"conv": 8})
    flips.restore(state)
    assert flips.add({"conv": packed([True] * 8)}) == {"conv": 8}  # the flip ratio goes on
    assert flips.arrays() == {}


def test_flips_of_another_network_or_that_are_none_are_refused() -> None:
    flips = Flips({"conv": 8})
    for weights in ({"conv": 9}, {"other": 8}, {"conv": 8, "other": 8}):
        with pytest.raises(CheckpointError, match="flips are of other layers"):
            flips.restore(Flips(weights).arrays())
    kept = flips.arrays()
    for name, array in (("count", np.zeros(7, np.uint8)), ("last", np.zeros(8)), ("count", np.zeros((8, 1), np.uint8))):
        with pytest.raises(CheckpointError, match="the flips of layer conv"):
            flips.restore(kept | {f"flips/conv/{name}": array})
