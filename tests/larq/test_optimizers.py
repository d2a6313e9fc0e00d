"""Bop and CaseOptimizer as Larq has them, on Keras 3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import bnn_designer.larq as lq
from bnn_designer.larq.optimizers import Bop, CaseOptimizer
from bnn_designer.nn import LayerError, QuantDense

Decay = keras.optimizers.schedules.InverseTimeDecay


def test_a_step_of_bop() -> None:
    """Averages of 0.5 times the gradient. Only the first weight times its average passes the threshold."""
    weights = keras.Variable([0.5, 0.5, -0.5, -0.25, 0.0])
    Bop(threshold=0.125, gamma=0.5).apply([tf.constant([1.0, 0.25, 1.0, -0.5, 1.0])], [weights])
    products = [0.5 * 0.5, 0.5 * 0.125, -0.5 * 0.5, -0.25 * -0.25, 0.0]
    assert [product > 0.125 for product in products] == [True, False, False, False, False]
    assert weights.numpy().tolist() == [-1, 1, -1, -1, 1]


def test_a_weight_exactly_at_the_threshold_becomes_plus_one() -> None:
    weights = keras.Variable([0.5, -0.5])
    Bop(threshold=0.25, gamma=0.5).apply([tf.constant([1.0, -1.0])], [weights])
    assert weights.numpy().tolist() == [1, 1]


def test_schedules_follow_the_steps() -> None:
    """gamma is 1, then 1/2; the threshold 0.25, then 0.125."""
    bop = Bop(threshold=Decay(0.25, decay_steps=1, decay_rate=1.0), gamma=Decay(1.0, decay_steps=1, decay_rate=1.0))
    assert (float(bop.gamma), float(bop.threshold)) == (1, 0.25)
    weights = keras.Variable([1.0])
    bop.apply([tf.constant([0.25])], [weights])
    assert (float(bop.gamma), float(bop.threshold)) == (1 / 2, 0.25 / 2)
    again = Bop.from_config(bop.get_config())
    assert (float(again.gamma), float(again.threshold)) == (1, 0.25)
    assert again.get_config() == bop.get_config()
    with pytest.raises(LayerError, match="follows a schedule"):
        bop.threshold = 1.0


def test_numbers_can_be_set_and_are_saved() -> None:
    bop = Bop()
    assert (bop.name, float(bop.threshold), float(bop.gamma)) == ("Bop", pytest.approx(1e-8), pytest.approx(1e-4))
    bop.gamma, bop.threshold = 0.5, 0.25
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(bop))
    assert (float(again.gamma), float(again.threshold)) == (0.5, 0.25)


@pytest.mark.parametrize("arguments", [{"gamma": -1}, {"threshold": float("nan")}, {"gamma": "fast"}])
def test_what_is_no_number_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(LayerError, match=r"Bop: .* must be a number that is not negative, or a schedule"):
        Bop(**arguments)


@pytest.mark.parametrize(
    ("pairs", "default"),
    [
        ([(False, Bop())], None),
        ([(Bop.is_binary_variable, False)], None),
        ([(Bop.is_binary_variable, Bop())], False),
        ([Bop()], None),
    ],
)
def test_what_is_no_predicate_or_optimizer_is_a_type_error(pairs: Any, default: Any) -> None:
    with pytest.raises(TypeError, match=r"CaseOptimizer, (predicate_optimizer_pairs\[0\]|default_optimizer)"):
        CaseOptimizer(*pairs, default_optimizer=default)


def anything(variable: Any) -> bool:
    return True


def nothing(variable: Any) -> bool:
    return False


def test_predicates_that_overlap_or_find_nothing() -> None:
    variables = [keras.Variable([1.0], name="lonely")]
    with pytest.raises(LayerError, match=r"optimizers \[0, 1\] are all true for the variable 'lonely'"):
        CaseOptimizer((anything, Bop()), (anything, Bop())).build(variables)
    with pytest.raises(LayerError, match=r"optimizer 0 \('Bop'\) is true for no variable; they are lonely"):
        CaseOptimizer((nothing, Bop()), default_optimizer=keras.optimizers.Adam()).build(variables)
    with pytest.raises(LayerError, match="it has no optimizer"):
        CaseOptimizer()


def test_what_nobody_trains_stays_with_a_warning() -> None:
    first, second = keras.Variable([1.0], name="first"), keras.Variable([1.0], name="second")
    optimizer = CaseOptimizer((lambda variable: variable.name == "first", keras.optimizers.SGD(0.5)))
    with pytest.warns(UserWarning, match="'second', and there is no default_optimizer"):
        optimizer.build([first, second])
    optimizer.apply([tf.constant([1.0]), tf.constant([1.0])], [first, second])
    assert [float(first.numpy()[0]), float(second.numpy()[0])] == [1 - 0.5, 1]


def binary_model() -> keras.Model:
    keras.utils.set_random_seed(3)
    layers = [
        keras.Input((6,)),
        QuantDense(5, input_quantizer="ste_sign", kernel_quantizer=lq.quantizers.NoOp(precision=1), use_bias=False),
        keras.layers.BatchNormalization(),
        keras.layers.Dense(1),
    ]
    return keras.Sequential(layers)


def case_optimizer() -> CaseOptimizer:
    return CaseOptimizer(
        (Bop.is_binary_variable, Bop(threshold=1e-6, gamma=0.5)), default_optimizer=keras.optimizers.Adam(0.0625)
    )


def data() -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(5).normal(size=(32, 6)).astype(np.float32)
    return x, np.sign(x[:, :1])


def test_a_model_trains_and_goes_on_from_its_file_as_if_nothing_had_happened(tmp_path: Path) -> None:
    model = binary_model()
    model.compile(case_optimizer(), "mse")
    before = model.get_weights()
    model.fit(*data(), batch_size=8, shuffle=False, verbose=0)
    assert set(np.unique(model.layers[0].kernel.numpy())) == {-1, 1}
    assert not np.array_equal(before[-2], model.get_weights()[-2])
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    for one in (model, again):  # kernel; gamma and beta; kernel and bias
        assert list(one.optimizer.var_opt_mapping.values()) == [0, 1, 1, 1, 1]
    for one in (model, again):
        one.fit(*data(), batch_size=8, shuffle=False, verbose=0)
    for mine, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


def test_it_is_not_read_with_another_model_s_variables() -> None:
    optimizer = CaseOptimizer((anything, Bop()))
    optimizer.build([keras.Variable([1.0], name="only")])
    again = CaseOptimizer.from_config(optimizer.get_config())
    with pytest.raises(LayerError, match=r"saved with 1 variables \(only\), and the model has 2"):
        again.build([keras.Variable([1.0]), keras.Variable([1.0])])


def test_variables_that_it_cannot_tell_apart_or_does_not_know() -> None:
    with pytest.raises(LayerError, match="two variables are called 'same'"):
        case_optimizer().build([keras.Variable([1.0], name="same"), keras.Variable([1.0], name="same")])
    optimizer = CaseOptimizer((anything, Bop()))
    optimizer.build([keras.Variable([1.0], name="old")])
    with pytest.raises(LayerError, match="built without the variable 'new'"):
        optimizer.apply([tf.constant([1.0])], [keras.Variable([1.0], name="new")])


def test_its_learning_rate_is_the_default_s() -> None:
    optimizer = case_optimizer()
    optimizer.learning_rate = 0.25
    assert float(optimizer.learning_rate) == float(optimizer.optimizers[1].learning_rate) == 0.25
    assert float(optimizer.optimizers[0].gamma) == 0.5
    assert float(CaseOptimizer((anything, Bop(gamma=0.125))).learning_rate) == 0.125


def test_a_configuration_makes_an_equal_one() -> None:
    optimizer = case_optimizer()
    config = keras.optimizers.serialize(optimizer)
    assert keras.optimizers.serialize(keras.optimizers.deserialize(config)) == config
