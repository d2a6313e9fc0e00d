from __future__ import annotations

import numpy as np
import pytest

from bnn_designer.inspection.weights import BINS, MOST_TILES, clipped_share, latent_counts, tiles


def test_a_tile_is_a_kernel_as_it_lies_on_the_image() -> None:
    kernel = -np.ones((2, 3, 4, 5), np.float32)  # height, width, channels, filters
    kernel[0, 2, 3, 1] = 1
    found = tiles(kernel)
    assert found.shape == (5, 4, 2, 3)
    assert np.argwhere(found).tolist() == [[1, 3, 0, 2]]


def test_a_depthwise_kernel_is_a_filter_a_channel_and_a_dense_one_has_tiles_of_one_weight() -> None:
    assert tiles(np.ones((3, 3, 4, 1), np.float32)).shape == (4, 1, 3, 3)
    assert tiles(np.ones((6, 5), np.float32)).shape == (5, 6, 1, 1)
    assert tiles(np.ones((1000, 1000), np.float32)).shape == (MOST_TILES, MOST_TILES, 1, 1)


def test_a_latent_weight_of_zero_is_a_positive_one_and_none_is_lost() -> None:
    reach, counts = latent_counts(np.array([0, 0, 0.5, -3], np.float32), 1.0)
    assert (reach, counts.sum()) == (1, 4)
    assert (counts[BINS // 2], counts[0]) == (2, 1)  # zero is +1, and so in the first bin above the middle
    assert latent_counts(np.array([0.25], np.float32), 1.0)[0] == 0.25
    assert latent_counts(np.array([-3.0, 1], np.float32), None)[0] == 3
    assert latent_counts(np.zeros(2, np.float32), None)[1][BINS // 2] == 2


def test_clipped_weights_are_those_at_the_limit() -> None:
    assert clipped_share(np.array([1, -1, 0.999, 0], np.float32), 1.0) == pytest.approx(2 / 4)
