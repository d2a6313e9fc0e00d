"""Batch norm, max pool and Adam through compiled ops: what Keras computes, saves and loads."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnn_designer import kernels
from bnn_designer.design.presets import preset
from bnn_designer.graph import lower
from bnn_designer.nn import Adam, BatchNormalization, MaxPooling2D, QuantConv2D, QuantDense, WeightClip, build_model
from bnn_designer.nn import optimizers as optimizers_module

needs_kernels = pytest.mark.skipif(not kernels.available(), reason=str(kernels.unavailable_reason()))


def relative(got: Any, expected: Any) -> float:
    got, expected = np.asarray(got, np.float64), np.asarray(expected, np.float64)
    return float(np.linalg.norm(got - expected) / max(np.linalg.norm(expected), 1e-30))


def op_types(function: Any, *arguments: Any) -> set[str]:
    """The kinds of ops that a function's graph holds."""
    graph = tf.function(function, jit_compile=False).get_concrete_function(*arguments).graph
    return {op.type for op in graph.get_operations()}


BATCH_NORMS = [
    {},
    {"scale": False},
    {"center": False, "momentum": 0.5},
    {"epsilon": 0.1, "scale": False, "center": False},
]


@needs_kernels
@pytest.mark.parametrize("arguments", BATCH_NORMS)
@pytest.mark.parametrize("shape", [(16, 10), (4, 5, 6, 24)])
def test_batch_norm_is_keras_batch_norm(arguments: dict[str, Any], shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    ours, keras_own = BatchNormalization(**arguments), keras.layers.BatchNormalization(**arguments)
    outputs = []
    for layer in (ours, keras_own):
        layer.build((None, *shape[1:]))
        for variable in layer.trainable_variables:
            variable.assign(np.random.default_rng(1).normal(size=variable.shape))
        assert ("BnnBatchNorm" in op_types(lambda x, layer=layer: layer(x, training=True), tf.zeros(shape))) == (
            layer is ours
        )
    for _ in range(3):
        x, dy = rng.normal(2, 3, shape).astype(np.float32), rng.normal(size=shape).astype(np.float32)
        outputs = []
        for layer in (ours, keras_own):
            source = tf.constant(x)
            with tf.GradientTape() as tape:
                tape.watch(source)
                y = layer(source, training=True)
                loss = tf.reduce_sum(y * dy)
            trained = [variable.value for variable in layer.trainable_variables]
            outputs.append([y, *tape.gradient(loss, [source, *trained]), layer(x, training=False)])
        assert [relative(a, b) < 1e-5 for a, b in zip(*outputs, strict=True)] == [True] * len(outputs[0])
    for mine, theirs in zip(ours.variables, keras_own.variables, strict=True):
        assert mine.name == theirs.name
        assert relative(mine, theirs) < 1e-6


UNUSUAL: list[dict[str, Any]] = [{"axis": 1}, {"dtype": "mixed_float16"}, {"dtype": "float64"}, {"engine": "float"}]
if hasattr(keras.layers.BatchNormalization(), "renorm"):  # not in the newest Keras for Python 3.10
    UNUSUAL.append({"renorm": True})


@pytest.mark.parametrize("arguments", UNUSUAL)
def test_what_the_op_cannot_compute_keras_does(arguments: dict[str, Any]) -> None:
    layer = BatchNormalization(**arguments)
    layer.build((None, 3, 4))
    x = tf.zeros((2, 3, 4), layer.compute_dtype)
    assert "BnnBatchNorm" not in op_types(lambda x: layer(x, training=True), x)


def test_a_mask_and_a_frozen_layer_take_keras_way() -> None:
    layer, x = BatchNormalization(), np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    mask = np.array([[True, True, False], [True, False, False]])
    seen = x[mask]
    expected = (x - seen.mean(0)) / np.sqrt(seen.var(0) + layer.epsilon)
    assert relative(layer(x, training=True, mask=tf.constant(mask)), expected) < 1e-5
    layer.trainable = False
    before = layer.moving_mean.numpy()
    layer(x, training=True)
    assert np.array_equal(layer.moving_mean.numpy(), before)


@needs_kernels
def test_max_pool_is_keras_max_pool_and_keeps_no_floats() -> None:
    x = tf.constant(np.random.default_rng(0).integers(-3, 4, (2, 7, 8, 5)).astype(np.float32))
    for arguments in ({"pool_size": 2}, {"pool_size": (3, 2), "strides": (2, 1), "padding": "same"}):
        ours, keras_own = MaxPooling2D(**arguments), keras.layers.MaxPooling2D(**arguments)
        results = []
        for layer in (ours, keras_own):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = layer(x, training=True)
                loss = tf.reduce_sum(y * y)
            results.append((y.numpy(), tape.gradient(loss, x).numpy(), layer(x, training=False).numpy()))
        for mine, theirs in zip(*results, strict=True):
            assert np.array_equal(mine, theirs)
        assert "BnnMaxPool" in op_types(lambda x, ours=ours: ours(x, training=True), x)


def test_a_window_too_large_for_the_op_is_keras_own() -> None:
    layer = MaxPooling2D(17, strides=1)
    assert layer(np.zeros((1, 17, 17, 2), np.float32), training=True).shape == (1, 1, 1, 2)


@needs_kernels
@pytest.mark.parametrize("clip_value", [1.0, 0.25])
def test_adam_is_keras_adam_with_the_clip(clip_value: float) -> None:
    rng = np.random.default_rng(0)
    shapes = [(3, 3, 5, 7), (11,), (4, 9)]
    constraints = [WeightClip(clip_value), None, keras.constraints.NonNeg()]
    start = [rng.normal(size=shape) for shape in shapes]
    sides = []
    for kind in (Adam, keras.optimizers.Adam):
        variables = [keras.Variable(np.float32(value), name=f"v{i}") for i, value in enumerate(start)]
        for variable, constraint in zip(variables, constraints, strict=True):
            variable.constraint = constraint
        optimizer = kind(0.05)
        optimizer.build(variables)
        sides.append((optimizer, variables, tf.function(optimizer.apply, jit_compile=False)))
    for step in range(6):
        gradients = [tf.constant(rng.normal(size=shape), tf.float32) for shape in shapes]
        for optimizer, _, apply in sides:
            optimizer.learning_rate = 0.05 / (step + 1)
            apply(gradients)
    (ours, our_variables, _), (keras_own, keras_variables, _) = sides
    assert int(ours.iterations) == 6
    for mine, theirs in zip([*our_variables, *ours.variables], [*keras_variables, *keras_own.variables], strict=True):
        assert mine.path.split("/")[-1] == theirs.path.split("/")[-1]
        assert np.abs(mine.numpy() - theirs.numpy()).max() <= 1e-6 * max(1, np.abs(theirs.numpy()).max())
    assert np.abs(our_variables[0].numpy()).max() == np.float32(clip_value)
    assert our_variables[2].numpy().min() >= 0
    assert ours.get_config() == {**keras_own.get_config(), "name": ours.name}


SPECIAL = [
    {"amsgrad": True},
    {"clipnorm": 0.1},
    {"weight_decay": 0.1},
    {"use_ema": True},
    {"gradient_accumulation_steps": 2},
    {"loss_scale_factor": 2.0},
]


@pytest.mark.parametrize("arguments", SPECIAL)
def test_more_than_plain_adam_is_keras_own(arguments: dict[str, Any]) -> None:
    results = []
    for kind in (Adam, keras.optimizers.Adam):
        variable = keras.Variable(np.linspace(-1, 1, 6, dtype=np.float32))
        optimizer = kind(0.1, **arguments)
        for step in range(4):
            optimizer.apply([tf.constant(np.arange(6) - step, tf.float32)], [variable])
        results.append(variable.numpy())
    assert np.array_equal(*results)


def test_without_the_op_keras_computes_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("batch_norm", "max_pool", "optimizers"):
        monkeypatch.setattr(f"bnn_designer.nn.{module}.compiled_training", lambda engine: False)
    variable = keras.Variable(np.ones(3, np.float32))
    Adam(0.1).apply([tf.ones(3)], [variable])
    assert variable.numpy() == pytest.approx([0.9] * 3, rel=1e-5)
    x = np.arange(24, dtype=np.float32).reshape(2, 2, 2, 3)
    layer, pool = BatchNormalization(), MaxPooling2D()
    assert np.abs(layer(x, training=True)).max() < 2
    assert pool(x, training=True).shape == (2, 1, 1, 3)
    assert layer.supports_jit
    assert pool.supports_jit
    assert optimizers_module.compiled_training("auto") is False


def test_engine_float_is_keras_throughout() -> None:
    graph = lower(preset("binarynet"))
    in_float, in_bits = build_model(graph, engine="float"), build_model(graph, engine="xnor")
    ours = {BatchNormalization, MaxPooling2D}
    assert not ours & {type(layer) for layer in in_float.layers}
    assert ours <= {type(layer) for layer in in_bits.layers}
    assert [type(layer).__name__ for layer in in_float.layers] == [type(layer).__name__ for layer in in_bits.layers]


@needs_kernels
def test_saved_weights_pass_between_the_engines(tmp_path: Any) -> None:
    """The float and the xnor model of a design hold the same variables under the same names."""
    graph = lower(preset("binarynet"))
    model, other = build_model(graph, "xnor", seed=1), build_model(graph, "float", seed=2)
    x = np.random.default_rng(0).normal(size=(8, 32, 32, 3)).astype(np.float32)
    model(x, training=True)  # moves the moving statistics
    model.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    assert [v.path for v in model.variables] == [v.path for v in other.variables]
    assert np.array_equal(model(x, training=False), other(x, training=False))


@needs_kernels
def test_a_model_trains_saves_and_loads_with_its_optimizer(tmp_path: Any) -> None:
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            QuantConv2D(8, 3, kernel_quantizer="ste_sign", kernel_constraint="weight_clip", use_bias=False),
            MaxPooling2D(2),
            BatchNormalization(momentum=0.9),
            QuantConv2D(8, 3, input_quantizer="ste_sign", kernel_quantizer="ste_sign", kernel_constraint="weight_clip"),
            keras.layers.Flatten(),
            keras.layers.Dense(4),
        ]
    )
    model.compile(Adam(0.01), "mse")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(32, 8, 8, 3)).astype(np.float32), rng.normal(size=(32, 4)).astype(np.float32)
    model.fit(x, y, epochs=2, batch_size=8, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert [type(layer) for layer in loaded.layers] == [type(layer) for layer in model.layers]
    assert type(loaded.optimizer) is Adam
    # the next steps are the same too: nothing of the optimizer's state is lost
    for one in (model, loaded):
        one.fit(x, y, epochs=1, batch_size=8, shuffle=False, verbose=0)
    for mine, theirs in zip(model.variables, loaded.variables, strict=True):
        assert np.array_equal(mine.numpy(), theirs.numpy())


def test_gradients_is_kept_and_checked() -> None:
    binary = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign"}
    layer = QuantConv2D(4, 3, gradients="int16", **binary)
    assert QuantConv2D.from_config(layer.get_config()).gradients == "int16"
    assert QuantConv2D(4, 3, **binary).gradients == "float"
    with pytest.raises(ValueError, match="gradients must be one of 'float', 'int16', 'int8', got 'int4'"):
        QuantConv2D(4, 3, gradients="int4", **binary)
    model = build_model(lower(preset("binarynet")), gradients="int8")
    assert {layer.gradients for layer in model.layers if isinstance(layer, QuantConv2D)} == {"int8"}


def test_the_seed_of_a_model_reaches_the_rounding_of_every_layer() -> None:
    graph = lower(preset("binarynet"))

    def seeds(seed: int | None) -> list[int]:
        model = build_model(graph, gradients="int8", seed=seed)
        return [layer.gradients_seed for layer in model.layers if isinstance(layer, QuantConv2D | QuantDense)]

    assert len(set(seeds(1))) == len(seeds(1)) > 5
    assert seeds(1) == seeds(1)
    assert not set(seeds(1)) & set(seeds(2))
    assert set(seeds(None)) == {0}


@needs_kernels
@pytest.mark.parametrize("make", [lambda **kw: QuantConv2D(8, 3, **kw), lambda **kw: QuantDense(8, **kw)])
@pytest.mark.parametrize("gradients", ["float", "int16", "int8"])
def test_the_seed_of_a_layer_is_kept_and_used(make: Any, gradients: str) -> None:
    x = tf.constant(np.random.default_rng(0).standard_normal((4, 6, 6, 64)), tf.float32)

    def gradient(seed: int) -> Any:
        signs = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign"}
        weights = keras.initializers.GlorotUniform(seed=1)
        layer = make(engine="xnor", gradients=gradients, gradients_seed=seed, kernel_initializer=weights, **signs)
        layer = type(layer).from_config(layer.get_config())
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(layer(x) ** 3)
        return tape.gradient(loss, x).numpy()

    assert np.array_equal(gradient(1), gradient(1))
    assert np.array_equal(gradient(1), gradient(2)) == (gradients == "float")
