"""Weights that Keras 2 wrote: the layout written here by hand, and files of Larq itself where it can be had."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

import bnn_designer.larq as lq
from bnn_designer.errors import BnnDesignerError
from bnn_designer.larq.legacy_weights import WeightsDoNotFit

BINARY = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign", "kernel_constraint": "weight_clip"}


def network(filters: int = 4) -> keras.Model:
    """A layer of each kind that names its weights in its own way, and a model inside; of 5 filters, the first alone."""
    inner = keras.Sequential(
        [
            keras.Input((6, 6, 4)),
            lq.layers.QuantConv2D(4, 1, name="in_conv", **BINARY),
            keras.layers.BatchNormalization(name="in_norm"),
        ],
        name="inner",
    )
    body = [
        lq.layers.QuantConv2D(filters, 3, name="first"),
        inner,
        lq.layers.QuantDepthwiseConv2D(3, depthwise_quantizer="ste_sign", name="dw"),
        lq.layers.QuantSeparableConv2D(3, 1, name="sep"),
        keras.layers.Flatten(name="flatten"),
        lq.layers.QuantDense(2, name="d", **BINARY),
    ]
    return keras.Sequential([keras.Input((8, 8, 3)), *(body if filters == 4 else body[:1])], name="net")


#: The layers of `network` as Larq writes them: names of weights and shapes, in Keras 2's order.
LAYERS: dict[str, dict[str, tuple[int, ...]]] = {
    "first": {"first/kernel": (3, 3, 3, 4), "first/bias": (4,)},
    "inner": {
        "in_conv/kernel": (1, 1, 4, 4),
        "in_conv/bias": (4,),
        "in_norm/gamma": (4,),
        "in_norm/beta": (4,),
        "in_norm/moving_mean": (4,),
        "in_norm/moving_variance": (4,),
    },
    "dw": {"dw/depthwise_kernel": (3, 3, 4, 1), "dw/bias": (4,)},
    "sep": {"sep/depthwise_kernel": (1, 1, 4, 1), "sep/pointwise_kernel": (1, 1, 4, 3), "sep/bias": (3,)},
    "flatten": {},
    "d": {"d/kernel": (48, 2), "d/bias": (2,)},
}


def write(path: Path, layers: dict[str, dict[str, tuple[int, ...]]], inside: str = "") -> dict[str, np.ndarray]:
    """The file, with numbers that are all different; by names of weights."""
    rng, values = np.random.default_rng(0), {}
    with h5py.File(path, "w") as file:
        top = file.create_group(inside) if inside else file
        top.attrs["layer_names"] = np.array([name.encode() for name in layers])
        for layer, weights in layers.items():
            group = top.create_group(layer)
            group.attrs["weight_names"] = np.array([f"{name}:0".encode() for name in weights])
            for name, shape in weights.items():
                values[name] = rng.normal(size=shape).astype(np.float32)
                group[f"{name}:0"] = values[name]
    return values


@pytest.mark.parametrize("inside", ["", "model_weights"])
def test_every_weight_goes_where_its_name_says(tmp_path: Path, inside: str) -> None:
    expected = write(tmp_path / "w.h5", LAYERS, inside)
    model = network()
    lq.utils.load_weights(model, tmp_path / "w.h5")
    inner = model.get_layer("inner")
    found = {
        "first/kernel": model.get_layer("first").kernel,
        "in_norm/moving_variance": inner.get_layer("in_norm").moving_variance,
        "in_conv/bias": inner.get_layer("in_conv").bias,
        "dw/depthwise_kernel": model.get_layer("dw").kernel,
        "sep/depthwise_kernel": model.get_layer("sep").depthwise_kernel,
        "sep/pointwise_kernel": model.get_layer("sep").pointwise_kernel,
        "d/bias": model.get_layer("d").bias,
    }
    for name, variable in found.items():
        assert np.array_equal(variable, expected[name]), name
    assert sum(value.size for value in expected.values()) == model.count_params()


def test_frozen_layers_and_an_order_of_ones_own_change_nothing(tmp_path: Path) -> None:
    """By name where names are there: a file of a frozen norm has its weights in another order."""
    norm = LAYERS["inner"]
    layers = {**LAYERS, "inner": dict(sorted(norm.items(), reverse=True))}
    expected = write(tmp_path / "w.h5", layers)
    model = network()
    model.get_layer("inner").get_layer("in_norm").trainable = False
    lq.utils.load_weights(model, tmp_path / "w.h5")
    assert np.array_equal(model.get_layer("inner").get_layer("in_norm").gamma, expected["in_norm/gamma"])


def refused(model: keras.Model, path: Path, **arguments: Any) -> list[str]:
    before = model.get_weights()
    with pytest.raises(WeightsDoNotFit, match=r"do not fit the model, which stays as it was\.\n- ") as caught:
        lq.utils.load_weights(model, path, **arguments)
    assert all(np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True))
    return [f"{problem.path}: {problem.rule}" for problem in caught.value.problems]


def test_all_that_does_not_fit_is_named_and_nothing_changes(tmp_path: Path) -> None:
    layers = {**LAYERS, "d": {"d/kernel": (32, 2), "d/bias": (2,)}, "first_one": LAYERS["first"]}
    layers["sep"] = {"sep/depthwise_kernel": (1, 1, 4, 1), "sep/pointwise_kernel": (1, 1, 4, 3)}
    del layers["first"]
    write(tmp_path / "w.h5", layers)
    assert refused(network(), tmp_path / "w.h5") == [
        "layer 'first': the file has no layer of this name",
        "layer 'sep': the file has the weights depthwise_kernel, pointwise_kernel, and the model "
        "depthwise_kernel, pointwise_kernel, bias",
        "layer 'd': its weight 'kernel' is 32 x 2 in the file and 48 x 2 in the model",
        "layer 'first_one': the model has no layer of this name",
    ]


def test_a_part_is_loaded_where_that_is_asked_for(tmp_path: Path) -> None:
    """One layer of the file's six; its shapes must fit all the same."""
    expected = write(tmp_path / "w.h5", LAYERS)
    model = keras.Sequential([keras.Input((8, 8, 3)), lq.layers.QuantConv2D(4, 3, name="first")])
    lq.utils.load_weights(model, tmp_path / "w.h5", partial=True)
    assert np.array_equal(model.layers[0].kernel, expected["first/kernel"])
    said = refused(network(filters=5), tmp_path / "w.h5", partial=True)
    assert said[0] == "layer 'first': its weight 'kernel' is 3 x 3 x 3 x 4 in the file and 3 x 3 x 3 x 5 in the model"


def test_weights_of_another_file_are_not_read(tmp_path: Path) -> None:
    write(tmp_path / "other.h5", LAYERS)
    write(tmp_path / "w.h5", LAYERS)
    with h5py.File(tmp_path / "w.h5", "a") as file:
        del file["first/first/kernel:0"]
        file["first/first/kernel:0"] = h5py.ExternalLink("other.h5", "first/first/kernel:0")
    assert refused(network(), tmp_path / "w.h5") == [
        "layer 'first': 'first/kernel:0', its weight 'kernel', is no array of this file"
    ]


def test_other_files_are_refused(tmp_path: Path) -> None:
    model, path = network(filters=5), tmp_path / "w.h5"
    with pytest.raises(BnnDesignerError, match="there is no such file"):
        lq.utils.load_weights(model, path)
    path.write_bytes(b"no file of HDF5")
    with pytest.raises(BnnDesignerError, match="damaged or no HDF5 file"):
        lq.utils.load_weights(model, path)
    model.save_weights(tmp_path / "new.weights.h5")
    with pytest.raises(BnnDesignerError, match="newer layout"):
        lq.utils.load_weights(model, tmp_path / "new.weights.h5")
    with h5py.File(path, "w"):
        pass
    with pytest.raises(BnnDesignerError, match="no weights of a Keras model"):
        lq.utils.load_weights(model, path)
    with pytest.raises(BnnDesignerError, match="model 'bare': it is not built"):
        lq.utils.load_weights(keras.Sequential([keras.layers.Dense(2)], name="bare"), path)


def test_many_names_are_in_several_attributes(tmp_path: Path) -> None:
    """HDF5 holds no attribute of more than 64 KiB, so Keras splits the list."""
    write(tmp_path / "w.h5", LAYERS)
    with h5py.File(tmp_path / "w.h5", "a") as file:
        names = file.attrs["layer_names"]
        del file.attrs["layer_names"]
        file.attrs["layer_names0"], file.attrs["layer_names1"] = names[:2], names[2:]
    lq.utils.load_weights(network(), tmp_path / "w.h5")


BY_LARQ = """
import sys, numpy as np, larq as lq, tensorflow as tf
tf.keras.utils.set_random_seed(1)
binary = dict(input_quantizer="ste_sign", kernel_quantizer="ste_sign", kernel_constraint="weight_clip")
inner = tf.keras.Sequential([tf.keras.Input((6, 6, 4)), lq.layers.QuantConv2D(4, 1, name="in_conv", **binary),
    tf.keras.layers.BatchNormalization(name="in_norm")], name="inner")
model = tf.keras.Sequential([tf.keras.Input((8, 8, 3)), lq.layers.QuantConv2D(4, 3, name="first"), inner,
    lq.layers.QuantDepthwiseConv2D(3, depthwise_quantizer="ste_sign", name="dw"),
    lq.layers.QuantSeparableConv2D(3, 1, name="sep"), tf.keras.layers.Flatten(name="flatten"),
    lq.layers.QuantDense(2, name="d", **binary)])
images = np.random.default_rng(0).normal(size=(4, 8, 8, 3)).astype("float32")
model(images, training=True)  # moves the statistics of the norm
model.save_weights(f"{sys.argv[1]}/weights.h5")
model.save(f"{sys.argv[1]}/model.h5")
np.save(f"{sys.argv[1]}/outputs.npy", model(images))
"""


@pytest.mark.skipif(not os.environ.get("BNN_LARQ_PYTHON"), reason="BNN_LARQ_PYTHON names no Python that has Larq")
def test_a_file_that_larq_wrote_gives_larqs_outputs(tmp_path: Path) -> None:
    subprocess.run(
        [os.environ["BNN_LARQ_PYTHON"], "-c", BY_LARQ, tmp_path], check=True, capture_output=True, timeout=300
    )
    images = np.random.default_rng(0).normal(size=(4, 8, 8, 3)).astype("float32")
    for name in ("weights.h5", "model.h5"):
        model = network()
        lq.utils.load_weights(model, tmp_path / name)
        np.testing.assert_allclose(model(images), np.load(tmp_path / "outputs.npy"), rtol=1e-5, atol=1e-5)


def test_damaged_files_are_refused_and_change_nothing(tmp_path: Path) -> None:
    """A byte of the file's tables is another one: HDF5 says so in many ways, and each is an error with a way out."""
    write(tmp_path / "w.h5", LAYERS)
    content, draw = (tmp_path / "w.h5").read_bytes(), np.random.default_rng(0)
    model, refusals = network(), 0
    for _ in range(60):
        damaged = bytearray(content)
        for place in draw.integers(0, 8192, 5):
            damaged[place] = draw.integers(256)
        (tmp_path / "damaged.h5").write_bytes(damaged)
        before = model.get_weights()
        try:
            lq.utils.load_weights(model, tmp_path / "damaged.h5")
        except BnnDesignerError:
            refusals += 1
            assert all(map(np.array_equal, model.get_weights(), before))
    assert refusals > 20
