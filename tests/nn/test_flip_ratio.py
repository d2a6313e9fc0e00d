"""The share of values that change, alone, in quantizers, and in what a training reports."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bnn_designer.nn import FlipRatio, LayerError, MagnitudeAwareSign, QuantDense, SteSign, metrics_scope
from bnn_designer.nn.context import get_training_metrics


def test_a_mean_over_all_updates_but_the_first() -> None:
    metric = FlipRatio()
    assert float(metric.result()) == 0
    shares = []
    for values in ([1, 1], [2, 2], [1, 2]):
        metric.update_state(np.array(values))
        shares.append(float(metric.result()))
    # nothing to compare with; both changed; one of two
    assert shares == [0, 2 / 2, (2 / 2 + 1 / 2) / 2]
    metric.reset_state()
    metric.update_state(np.array([5, 5]))  # the first of a new mean
    metric.update_state(np.array([5, 6]))
    assert float(metric.result()) == 1 / 2


@settings(max_examples=20)
@given(steps=hnp.arrays(np.int8, st.tuples(st.integers(1, 5), st.just(3)), elements=st.integers(-1, 1)))
def test_it_counts_as_a_loop_would(steps: np.ndarray) -> None:
    metric = FlipRatio()
    for values in steps:
        metric.update_state(values)
    shares = [sum(a != b for a, b in zip(*pair, strict=True)) / 3 for pair in itertools.pairwise(steps)]
    assert float(metric.result()) == pytest.approx(np.mean(shares) if shares else 0)


def test_another_shape_is_refused() -> None:
    metric = FlipRatio()
    metric.build((3,))
    with pytest.raises(LayerError, match=r"shape \(2,\), those before had \(3,\)"):
        metric.update_state(np.array([1, 1]))
    with pytest.raises(LayerError, match="needs their whole shape"):
        FlipRatio().build((None, 3))


def test_it_is_made_again_from_its_configuration() -> None:
    again = FlipRatio.from_config(FlipRatio("int16", name="flips", dtype="float16").get_config())
    assert (again.name, again.values_dtype, again.dtype) == ("flips", tf.int16, "float16")


def dense(quantizer: Any, engine: Any = "float") -> QuantDense:
    layer = QuantDense(2, input_quantizer="ste_sign", kernel_quantizer=quantizer, engine=engine)
    layer.build((None, 3))
    return layer


def test_kernel_quantizers_that_are_made_within_the_scope_are_measured() -> None:
    assert dense("ste_sign").kernel_quantizer.metrics == []
    with metrics_scope(["flip_ratio"]) as metrics:
        assert metrics == get_training_metrics() == {"flip_ratio"}
        layer = dense("ste_sign")
    assert get_training_metrics() == set()
    assert [metric.name for metric in layer.kernel_quantizer.metrics] == [f"flip_ratio/{layer.kernel_quantizer.name}"]
    assert layer.input_quantizer.flip_ratio is None


def test_a_scope_that_ends_by_an_error_ends() -> None:
    with pytest.raises(KeyError), metrics_scope(["flip_ratio"]):
        raise KeyError
    assert get_training_metrics() == set()


@pytest.mark.parametrize("metrics", [["flips"], "flip_ratio"])
def test_unknown_metrics_are_refused(metrics: Any) -> None:
    with pytest.raises(LayerError, match="list of names out of flip_ratio"), metrics_scope(metrics):
        pass
    with pytest.raises(LayerError, match=r"SteSign 'mine'.*list of names out of flip_ratio"):
        SteSign(metrics=metrics, name="mine")


@pytest.mark.parametrize("engine", ["float", "xnor"])
@pytest.mark.parametrize("kind", [SteSign, MagnitudeAwareSign])
def test_what_is_measured_changes_neither_outputs_nor_gradients_nor_engine(kind: type, engine: Any) -> None:
    """All weights turn around, and the input too: the outputs stay, each a sum of three."""
    plain, measured = dense(kind(), engine), dense(kind(metrics=["flip_ratio"]), engine)
    assert measured.engine_used == plain.engine_used
    x, kernel = tf.constant([[1.0, -1.0, 1.0]]), np.array([[2.0, 3], [-2, -3], [2, 3]], np.float32)
    for sign in (1, -1):
        results = []
        for layer in (plain, measured):
            layer.set_weights([sign * kernel, np.zeros(2)])
            with tf.GradientTape() as tape:
                y = layer(sign * x)
            results.append([y.numpy(), tape.gradient(y, layer.kernel.value).numpy()])
        assert np.array_equal(results[0][0], results[1][0])
        assert np.array_equal(results[0][1], results[1][1])
    assert float(measured.kernel_quantizer.flip_ratio.result()) == 6 / 6


def test_each_layer_has_a_metric_of_its_own() -> None:
    shared = SteSign(metrics=["flip_ratio"])
    first, second = dense(shared), dense(shared)
    assert first.kernel_quantizer is shared
    assert second.kernel_quantizer is not shared
    assert len({metric.name for layer in (first, second) for metric in layer.kernel_quantizer.metrics}) == 2
    unmeasured = SteSign()
    assert dense(unmeasured).kernel_quantizer is dense(unmeasured).kernel_quantizer is unmeasured


def test_a_training_reports_it_and_a_file_keeps_it(tmp_path: Path) -> None:
    """A step takes 4 from weights of 1, and so turns them."""
    quantizer = SteSign(metrics=["flip_ratio"], name="signs")
    layer = QuantDense(1, kernel_quantizer=quantizer, kernel_initializer="ones", use_bias=False)
    model = keras.Sequential([keras.Input((2,)), layer])
    model.compile(keras.optimizers.SGD(4.0), "mean_absolute_error")
    # the output is 2 and has to fall; from then on it is -2, which is right
    history = model.fit(np.ones((4, 2)), -2 * np.ones((4, 1)), batch_size=2, epochs=2, shuffle=False, verbose=0)
    assert history.history["flip_ratio/signs"] == [2 / 2, 0]
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert [metric.name for metric in again.metrics[-1:]] == ["flip_ratio/signs"]
