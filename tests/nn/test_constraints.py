"""WeightClip, and the names that the layers take for it."""

from __future__ import annotations

import keras
import pytest

from bnn_designer.nn import LayerError, WeightClip, constraints, weight_clip


def test_clips_to_the_value():
    weights = keras.ops.convert_to_tensor([-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0])
    assert WeightClip()(weights).numpy().tolist() == [-1, -1, -0.5, 0, 0.5, 1, 1]
    assert WeightClip(2)(weights).numpy().tolist() == [-2, -1, -0.5, 0, 0.5, 1, 2]


@pytest.mark.parametrize("identifier", ["weight_clip", "WeightClip", weight_clip, WeightClip, WeightClip()])
def test_get_ours(identifier):
    assert type(constraints.get(identifier)) is WeightClip


def test_get_of_keras_still_works():
    assert isinstance(constraints.get("non_neg"), keras.constraints.NonNeg)
    assert constraints.get(None) is None


def test_get_unknown():
    with pytest.raises(LayerError, match=r"'weight_clap' is not a weight constraint.*'weight_clip'"):
        constraints.get("weight_clap")


def test_config_round_trip():
    again = constraints.get(keras.constraints.serialize(WeightClip(1.5)))
    assert type(again) is WeightClip
    assert again.clip_value == 1.5


@pytest.mark.parametrize("clip_value", [0, -1, float("nan")])
def test_a_value_that_leaves_nothing_is_refused(clip_value):
    with pytest.raises(LayerError, match="clip_value must be a positive number"):
        WeightClip(clip_value)
