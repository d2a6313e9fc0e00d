"""When a run is clearly behind networks that cost no more."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer.search.pruning import LEAST_GAP, Behind, first_behind
from bnn_designer.training.events import EpochEnd

CURVES = st.lists(st.floats(0, 1), max_size=8)


def curve(accuracies: Sequence[float], images: int | None = 10_000, float_epochs: int = 0) -> tuple[EpochEnd, ...]:
    return tuple(
        EpochEnd(
            epoch=number,
            loss=1.0,
            accuracy=0.5,
            val_loss=1.0,
            val_accuracy=value,
            seconds=1.0,
            validation_images=images,
            float_kernels=number <= float_epochs,
        )
        for number, value in enumerate(accuracies, start=1)
    )


def test_behind_the_lower_one_of_two_at_the_same_epoch() -> None:
    peers = [curve([0.3, 0.5, 0.6, 0.7]), curve([0.4, 0.6, 0.7, 0.8])]
    # after epoch 1, a quarter of 4, the lower of 30 and 40 % is 8 points ahead; after epoch 2 it is 50 %
    assert first_behind(curve([0.22, 0.3]), peers, 4) == Behind(1, 0.22, 0.3)
    assert first_behind(curve([0.29, 0.3]), peers, 4) == Behind(2, 0.3, 0.5)
    assert first_behind(curve([0.29, 0.49]), peers, 4) is None
    # its best so far counts: 48 % in epoch 1 is within 2 points and noise of the 50 % after epoch 2
    assert first_behind(curve([0.49, 0.1]), peers, 4) is None


def test_not_where_it_would_save_nothing_or_say_nothing() -> None:
    peers = [curve([0.9, 0.9]), curve([0.9, 0.9])]
    assert first_behind(curve([0.1]), peers, 1) is None  # the last epoch
    assert first_behind(curve([0.1]), peers, 8) is None  # before a quarter of 8
    assert first_behind(curve([0.1]), peers[:1], 2) is None  # one peer
    assert first_behind(curve([0.1], float_epochs=1), peers, 4) is None  # of a network with float kernels
    assert first_behind(curve([0.1, 0.1, 0.1]), peers, 4) == Behind(1, 0.1, 0.9)  # peers that go as far


def test_few_images_take_a_larger_gap() -> None:
    # 100 images: 2 * sqrt((0.4 * 0.6 + 0.5 * 0.5) / 100) = 14 points; 10,000 images: 1.4, so 2
    peers = [curve([0.5, 0.5])] * 2
    assert first_behind(curve([0.4], 100), peers, 4) is None
    assert first_behind(curve([0.35], 100), peers, 4) == Behind(1, 0.35, 0.5)
    assert first_behind(curve([0.47], 10_000), peers, 4) == Behind(1, 0.47, 0.5)
    assert first_behind(curve([0.47], None), peers, 4) == Behind(1, 0.47, 0.5)


@settings(max_examples=40)
@given(CURVES, st.lists(CURVES, max_size=5), st.integers(1, 8))
def test_who_is_behind_stays_so_however_late_one_looks(own: list[float], peers: list[list[float]], epochs: int) -> None:
    whole = first_behind(curve(own), [curve(peer) for peer in peers], epochs)
    seen = [first_behind(curve(own[:count]), [curve(peer) for peer in peers], epochs) for count in range(len(own))]
    assert all(early in (None, whole) for early in seen)
    if whole is not None:
        assert whole.epoch < epochs
        assert whole.peers - whole.accuracy > LEAST_GAP
