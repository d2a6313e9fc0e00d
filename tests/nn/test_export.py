"""Exported models load in a process of their own: with plain TensorFlow, or with the compiled ops where asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from bnn_designer import kernels
from bnn_designer.design.presets import preset
from bnn_designer.graph import lower
from bnn_designer.nn import (
    Adam,
    BatchNormalization,
    LayerError,
    MaxPooling2D,
    QuantConv2D,
    QuantDense,
    QuantDepthwiseConv2D,
    build_model,
    exporting,
)

needs_kernels = pytest.mark.skipif(not kernels.available(), reason=str(kernels.unavailable_reason()))
BINARY = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign"}
SPEC = [keras.InputSpec(shape=(None, 8, 8, 3), dtype="float32")]

LOAD = """
import json, sys
{first}
import numpy as np, tensorflow as tf
results = {{}}
for path, endpoint in {{endpoints}}:
    loaded = tf.saved_model.load(path)
    (y,) = loaded.signatures[endpoint](tf.constant(np.load(sys.argv[1]))).values()
    results[path] = y.numpy().tolist()
print(json.dumps([results, "bnn_designer" in sys.modules]))
"""


def load_in_a_fresh_process(
    images: Path, *paths: Path, first: str = "", endpoint: str = "serving_default"
) -> list[np.ndarray]:
    """What the models at these paths make of the images."""
    code = LOAD.format(first=first).replace("{endpoints}", repr([(str(path), endpoint) for path in paths]))
    done = subprocess.run(
        [sys.executable, "-c", code, images], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    results, ours = json.loads(done.stdout.splitlines()[-1])
    assert ours == bool(first)
    return [np.array(results[str(path)], np.float32) for path in paths]


def users_model() -> keras.Model:
    """With the compiled ops wherever they can compute, which "auto" would not take for so few channels everywhere."""
    keras.utils.set_random_seed(5)
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            QuantConv2D(8, 3, padding="same", pad_values=1, kernel_quantizer="ste_sign"),
            MaxPooling2D(2),
            BatchNormalization(),
            QuantConv2D(8, 3, input_quantizer="approx_sign", kernel_quantizer="magnitude_aware_sign", engine="xnor"),
            QuantDepthwiseConv2D(1, input_quantizer="ste_sign", depthwise_quantizer="ste_sign"),
            keras.layers.Flatten(),
            QuantDense(4, engine="xnor", **BINARY),
        ]
    )


def ops_of_ours(path: Path) -> set[str]:
    """The compiled ops in a SavedModel."""
    saved = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes())
    return {op.name for op in saved.meta_graphs[0].meta_info_def.stripped_op_list.op if op.name.startswith("Bnn")}


@pytest.fixture
def images(tmp_path: Path) -> Path:
    np.save(tmp_path / "images.npy", np.random.default_rng(0).normal(size=(3, 8, 8, 3)).astype(np.float32))
    return tmp_path / "images.npy"


@needs_kernels
def test_an_exported_model_needs_nothing_but_tensorflow(tmp_path: Path, images: Path) -> None:
    """By each road to a SavedModel, of a model that has predicted with the compiled ops before."""
    model = users_model()
    x = np.load(images)
    y = model.predict(x, verbose=0)
    assert model.layers[3].engine_used == model.layers[-1].engine_used == "xnor"
    model.export(tmp_path / "keras", verbose=False)
    tf.saved_model.save(model, tmp_path / "tensorflow")
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serving_default", lambda x: model(x, training=False), input_signature=SPEC)
    archive.write_out(tmp_path / "archive", verbose=False)
    paths = [tmp_path / name for name in ("keras", "tensorflow", "archive")]
    for path, result in zip(paths, load_in_a_fresh_process(images, *paths), strict=True):
        assert ops_of_ours(path) == set()
        assert np.array_equal(result, y)
    # The model itself computes as before.
    assert "BnnBinaryMatMul" in {op.type for op in recorded_ops(model, x)}
    assert np.array_equal(model.predict(x, verbose=0), y)


def recorded_ops(model: Any, x: Any, training: bool = False) -> Any:
    return (
        tf.function(lambda x: model(x, training=training)).get_concrete_function(tf.constant(x)).graph.get_operations()
    )


@needs_kernels
def test_a_model_exported_with_the_compiled_ops_needs_the_layers_imported(tmp_path: Path, images: Path) -> None:
    model, path = users_model(), tmp_path / "xnor"
    with exporting("xnor"):
        model.export(path, verbose=False)
    assert ops_of_ours(path) == {"BnnBinaryConv2DTraining", "BnnBinaryMatMulTraining"}
    (result,) = load_in_a_fresh_process(images, path, first="import bnn_designer.nn")
    assert np.array_equal(result, model.predict(np.load(images), verbose=0))
    model.export(tmp_path / "float", verbose=False)
    assert ops_of_ours(tmp_path / "float") == set(), "only what is exported within is"


@needs_kernels
def test_a_training_endpoint_has_keras_batch_norm_and_max_pool(tmp_path: Path, images: Path) -> None:
    model = keras.Sequential([keras.Input((8, 8, 3)), MaxPooling2D(2), BatchNormalization(), keras.layers.Flatten()])
    x = np.load(images)
    assert {"BnnBatchNorm", "BnnMaxPool"} <= {op.type for op in recorded_ops(model, x, training=True)}
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("training", lambda x: model(x, training=True), input_signature=SPEC)
    archive.write_out(tmp_path / "model", verbose=False)
    assert ops_of_ours(tmp_path / "model") == set()
    (result,) = load_in_a_fresh_process(images, tmp_path / "model", endpoint="training")
    np.testing.assert_allclose(result, model(x, training=True), rtol=1e-4, atol=1e-5)


@needs_kernels
def test_a_design_s_model(tmp_path: Path) -> None:
    model = build_model(lower(preset("binarynet")), engine="xnor", seed=1)
    x = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    model.export(tmp_path / "model", verbose=False)
    (result,) = load_in_a_fresh_process(tmp_path / "x.npy", tmp_path / "model")
    assert np.array_equal(result, model.predict(x, verbose=0))


@needs_kernels
def test_an_exported_training_step_takes_keras_adam(tmp_path: Path) -> None:
    weight, optimizer = keras.Variable(np.ones(3, np.float32)), Adam(0.1)
    optimizer.build([weight])

    def step(gradient: Any) -> Any:
        optimizer.apply([gradient])
        return weight.value + 0.0

    archive = keras.export.ExportArchive()
    archive.add_endpoint("step", step, input_signature=[keras.InputSpec(shape=(3,), dtype="float32")])
    archive.write_out(tmp_path / "step", verbose=False)
    assert ops_of_ours(tmp_path / "step") == set()
    assert tf.saved_model.load(tmp_path / "step").step(tf.ones(3)).numpy() == pytest.approx([0.9] * 3, rel=1e-5)


@needs_kernels
@pytest.mark.parametrize("signature", [None, [keras.InputSpec(shape=(2, 8, 8, 3), dtype="float32")]])
def test_a_function_that_was_recorded_before_is_refused(tmp_path: Path, signature: Any) -> None:
    model = users_model()
    serve = tf.function(lambda x: model(x))
    serve(tf.zeros((2, 8, 8, 3)))

    def export(path: Path) -> None:
        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.add_endpoint("serve", serve, input_signature=signature)
        archive.write_out(path, verbose=False)

    with pytest.raises(LayerError, match=r"'serve': a tf.function in it was recorded before .*BnnBinary.*exporting"):
        export(tmp_path / "refused")
    with exporting("xnor"):
        export(tmp_path / "wanted")
    assert "BnnBinaryMatMulTraining" in ops_of_ours(tmp_path / "wanted")


@needs_kernels
def test_a_litert_model_holds_no_compiled_ops(tmp_path: Path, images: Path) -> None:
    # Of whole sums only: LiteRT folds scales and batch norms into weights, and a sum of 0 can then round either way.
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), QuantConv2D(8, 3, **BINARY), keras.layers.Flatten(), QuantDense(4, **BINARY)]
    )
    model.export(tmp_path / "model.tflite", format="litert", verbose=False)
    interpreter = tf.lite.Interpreter(str(tmp_path / "model.tflite"))
    x = np.load(images)
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], x.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    result = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    assert np.array_equal(result, model.predict(x, verbose=0))


@needs_kernels
def test_a_recorded_function_with_compiled_ops_is_not_converted_and_float_is_named() -> None:
    layer = QuantDense(2, engine="xnor", **BINARY)
    model = keras.Sequential([keras.Input((8,)), layer])

    def converted() -> Any:
        function = tf.function(lambda x: model(x), input_signature=[tf.TensorSpec((1, 8))]).get_concrete_function()
        return tf.lite.TFLiteConverter.from_concrete_functions([function], model).convert()

    with pytest.raises(
        LayerError, match=r'from_concrete_functions: .*BnnBinaryMatMul.*from_keras_model.*engine="float"'
    ):
        converted()
    layer.engine = "float"
    assert converted()


def test_exporting_refuses_other_engines() -> None:
    with pytest.raises(LayerError, match="engine must be one of 'float', 'xnor', got 'auto'"), exporting("auto"):
        pass


@pytest.mark.parametrize(
    ("environment", "registered"),
    [
        pytest.param({}, True, marks=needs_kernels),
        ({"BNN_CACHE_DIR": "empty"}, False),
        ({"BNN_CACHE_DIR": "broken"}, False),
        ({"PATH": "", "CXX": ""}, False),
    ],
)
def test_the_import_registers_what_is_built_and_starts_nothing(
    tmp_path: Path, environment: dict[str, str], registered: bool
) -> None:
    """With an empty cache, with one whose library is no library, and without a compiler it only registers nothing."""
    code = """
import sys
started = []
sys.addaudithook(lambda event, details: started.append(details[0]) if event == "subprocess.Popen" else None)
from bnn_designer.kernels import built
if broken := built.cache_dir().name == "broken":
    (built.cache_dir() / "key").mkdir(parents=True)
    (built.cache_dir() / "key" / built.builder.OPS_LIBRARY).write_text("no library")
    built._note().write_text("key")
    assert built.find_built()
import bnn_designer.nn
from tensorflow.python.framework import op_def_registry
print([program for program in started if "++" in str(program)], op_def_registry.get("BnnPack") is not None)
"""
    if "BNN_CACHE_DIR" in environment:
        environment = {"BNN_CACHE_DIR": str(tmp_path / environment["BNN_CACHE_DIR"])}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"[] {registered}"
