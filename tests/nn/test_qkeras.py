"""Models of QKeras read and written. The package (qkeras-v3 1.2.1) is none that this project needs: where it is not
installed, all is skipped that needs a layer of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnn_designer import kernels, nn
from bnn_designer.nn.qkeras import from_qkeras, to_qkeras

try:
    import qkeras
except ImportError:
    qkeras = None
needs_qkeras = pytest.mark.skipif(qkeras is None, reason="qkeras-v3 is not installed")
X = np.random.default_rng(0).normal(size=(4, 6, 6, 3)).astype(np.float32)


def theirs() -> keras.Model:
    keras.utils.set_random_seed(1)
    binary = qkeras.binary(alpha=1.0)
    source = keras.Input((6, 6, 3))
    x = qkeras.QConv2D(4, 3, kernel_quantizer=binary, padding="same", use_bias=False, name="first")(source)
    x = keras.layers.BatchNormalization(name="norm")(x)
    signs = qkeras.QActivation(qkeras.binary(alpha=1.0), name="signs")(x)
    left = qkeras.QConv2D(
        4, 3, kernel_quantizer=qkeras.ternary(alpha=1.0, threshold=0.25), padding="same", name="left"
    )(signs)
    right = qkeras.QDepthwiseConv2D(3, depthwise_quantizer=binary, padding="same", name="right")(signs)
    x = keras.layers.Concatenate(name="join")([left, right, signs])
    x = qkeras.QActivation(qkeras.ternary(alpha=1.0), name="levels")(keras.layers.Flatten(name="flat")(x))
    return keras.Model(source, qkeras.QDense(2, kernel_quantizer=binary, activation="relu", name="last")(x))


def ours(engine: Any = "float") -> keras.Model:
    keras.utils.set_random_seed(2)
    unclipped = nn.SteSign(clip_value=None)
    binary = {"kernel_quantizer": "ste_sign", "kernel_constraint": "weight_clip", "engine": engine}
    layers = [
        keras.Input((6, 6, 3)),
        nn.QuantConv2D(8, 3, name="first", **binary),
        nn.MaxPooling2D(2, name="pool"),
        nn.BatchNormalization(name="norm"),
        nn.QuantConv2D(4, 2, input_quantizer=unclipped, kernel_regularizer="l2", name="second", **binary),
        keras.layers.Flatten(name="flat"),
        nn.QuantDense(
            2, kernel_quantizer=nn.SteTern(0.25, clip_value=None), kernel_constraint="weight_clip", name="last"
        ),
    ]
    return keras.Sequential(layers)


def numbers(model: keras.Model) -> list[Any]:
    """Outputs, and the gradients of all weights."""
    with tf.GradientTape() as tape:
        y = model(X, training=True)
        loss = tf.reduce_sum(tf.square(y - 0.5))
    return [y, *tape.gradient(loss, [weight.value for weight in model.trainable_weights])]


def assert_same(one: keras.Model, other: keras.Model) -> None:
    assert [weight.shape for weight in one.weights] == [weight.shape for weight in other.weights]
    for mine, its in zip(numbers(one), numbers(other), strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-4, atol=1e-4)


@needs_qkeras
def test_a_model_of_theirs_is_read_with_outputs_and_gradients() -> None:
    model = theirs()
    read = from_qkeras(model)
    assert_same(read, model)
    assert {layer.name for layer in model.layers[1:]} - {layer.name for layer in read.layers} == {"levels"}
    assert isinstance(read.get_layer("signs"), nn.SteSign), "the join reads it, too"
    second, last = read.get_layer("left"), read.get_layer("last")
    assert (second.input_quantizer.clip_value, second.kernel_quantizer.threshold_value) == (None, 0.25)
    assert last.input_quantizer.threshold_value == 0.33
    assert last.kernel_constraint.clip_value == 1
    again = to_qkeras(read)
    for layer in model.layers:
        if isinstance(layer, qkeras.QConv2D | qkeras.QDense | qkeras.QDepthwiseConv2D):
            assert again.get_layer(layer.name).get_config() == layer.get_config()
    assert_same(again, model)


@needs_qkeras
def test_a_model_of_ours_is_written_and_read_again(tmp_path: Path) -> None:
    model = ours()
    written = to_qkeras(model)
    assert {type(layer).__module__.split(".")[0] for layer in written.layers} == {"keras", "qkeras"}
    assert_same(written, model)
    written.save(tmp_path / "model.keras")
    again = from_qkeras(keras.saving.load_model(tmp_path / "model.keras"), engine="float")
    assert_same(again, model)
    bits = nn.engines(from_qkeras(written, engine="xnor"))
    assert bits["second"].used == ("xnor" if kernels.available() else "float")
    for name in ("first", "second", "last"):
        mine, its = model.get_layer(name).get_config(), again.get_layer(name).get_config()
        for quantizer in ("input_quantizer", "kernel_quantizer"):
            mine.pop(quantizer), its.pop(quantizer)  # of other names; numbers above say that they are equal
        assert {**its, "kernel_initializer": None, "engine": "float"} == {
            **mine,
            "kernel_initializer": None,
            "engine": "float",
        }


def model_of(*layers: Any) -> keras.Model:
    return keras.Sequential([keras.Input((6, 6, 3)), *layers])


@needs_qkeras
@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (lambda: qkeras.QConv2D(2, 3, kernel_quantizer="binary", name="c"), "'c', kernel_quantizer: .*auto_po2"),
        (lambda: qkeras.QConv2D(2, 3, kernel_quantizer=qkeras.quantized_bits(4), name="c"), "quantized_bits"),
        (lambda: qkeras.QActivation("binary()", name="a"), "'a': binary.* trains_alike=False"),
        (lambda: qkeras.QActivation("binary(use_01=1,alpha=1.0)", name="a"), "no counterpart"),
        (lambda: qkeras.QDense(2, bias_quantizer=qkeras.quantized_bits(4), name="d"), "'d': its bias is quantized"),
        (
            lambda: qkeras.QConv2DTranspose(2, 3, name="t"),
            "QConv2DTranspose 't': it has no counterpart. These have: QDense",
        ),
    ],
)
def test_what_is_not_here_is_refused_by_name(layer: Any, message: str) -> None:
    with pytest.raises(nn.LayerError, match=message):
        from_qkeras(model_of(layer()))


BINARY: dict[str, Any] = {"kernel_quantizer": "ste_sign", "kernel_constraint": "weight_clip"}


@needs_qkeras
@pytest.mark.parametrize(
    ("layer", "message", "alike_in_outputs"),
    [
        (
            lambda: nn.QuantConv2D(2, 3, input_quantizer="ste_sign", name="c"),
            "'c', input_quantizer: .*gradient is 1",
            True,
        ),
        (lambda: nn.QuantConv2D(2, 3, **(BINARY | {"kernel_quantizer": "approx_sign"})), "that of ApproxSign", True),
        (lambda: nn.QuantConv2D(2, 3, kernel_quantizer="ste_sign", name="c"), "no kernel_constraint", True),
        (
            lambda: nn.QuantConv2D(2, 3, **(BINARY | {"kernel_quantizer": "magnitude_aware_sign"})),
            "no counterpart",
            False,
        ),
        (lambda: nn.QuantConv2D(2, 3, padding="same", pad_values=1.0, **BINARY), "pads with 0", False),
        (lambda: nn.QuantConv2DTranspose(2, 3, **BINARY), "QuantConv2DTranspose .*no counterpart", False),
    ],
)
def test_what_is_not_there_is_refused_by_name(layer: Any, message: str, alike_in_outputs: bool) -> None:
    model = model_of(layer())
    with pytest.raises(nn.LayerError, match=message):
        to_qkeras(model)
    if alike_in_outputs:
        np.testing.assert_allclose(to_qkeras(model, trains_alike=False)(X), model(X), rtol=1e-5, atol=1e-5)


def test_it_is_only_needed_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "qkeras", None)
    model = model_of(keras.layers.Flatten(), keras.layers.Dense(2))
    assert np.array_equal(from_qkeras(model)(X), model(X))
    with pytest.raises(nn.LayerError, match=r"QKeras is not installed\. pip install qkeras-v3"):
        to_qkeras(model)


def test_a_model_whose_code_is_its_own_is_refused() -> None:
    class Own(keras.Model):
        pass

    with pytest.raises(nn.LayerError, match="Own 'mine': what its own code does is not seen from outside"):
        from_qkeras(Own(name="mine"))
