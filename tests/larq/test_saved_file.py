"""Models in files, read for their layers alone: what is refused before Keras sees it, and what Larq wrote."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from bnn_designer.errors import BnnDesignerError
from bnn_designer.graph import lower
from bnn_designer.larq import designs, layers, saved_config
from bnn_designer.larq.saved_file import model_in_file
from tests.graph.test_lifting import same_layers
from tests.larq.test_designs import EVERYTHING, built


def configured(model: keras.Model, folder: Path) -> dict[str, Any]:
    model.save(folder / "model.keras")
    with zipfile.ZipFile(folder / "model.keras") as archive:
        return dict(json.loads(archive.read("config.json")))


def written(config: Any, folder: Path) -> Path:
    path = folder / "changed.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
    return path


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    first = layers.QuantConv2D(4, 3, kernel_quantizer="ste_sign", kernel_constraint="weight_clip", name="conv")
    body = [first, keras.layers.Flatten(name="flat"), keras.layers.Dense(2, activation="softmax", name="dense")]
    return configured(keras.Sequential([keras.Input((6, 6, 4)), *body], name="net"), tmp_path)


def layer(config: dict[str, Any], name: str) -> dict[str, Any]:
    found = next(one for one in config["config"]["layers"] if one["config"]["name"] == name)
    assert isinstance(found, dict)
    return found


#: What a file could name so that Keras would import it, by the argument of a layer; none of it is looked up.
NAMED = [
    {"module": "os", "class_name": "system", "config": {"command": "touch hit"}, "registered_name": "system"},
    {"module": "keras.utils", "class_name": "get_file", "config": {"origin": "http://x"}, "registered_name": None},
    {"module": "keras.config", "class_name": "enable_unsafe_deserialization", "config": {}, "registered_name": None},
    {"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd", "name": "s"}},
    {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"},
    {"class_name": "__lambda__", "config": {"value": ["4wEAAAA=", None, None]}},
    {"value": ["4wEAAAA=", None, None]},
    {"module": "bnn_designer.files", "class_name": "write_text", "config": {}, "registered_name": None},
]


@pytest.mark.parametrize("named", NAMED, ids=lambda one: str(one.get("class_name")))
def test_what_a_file_names_is_looked_up_nowhere_else(
    named: dict[str, Any], config: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras.saving, "deserialize_keras_object", lambda *_, **__: pytest.fail("Keras was asked"))
    layer(config, "conv")["config"]["activation"] = named
    with pytest.raises(designs.NotADesign) as caught:
        model_in_file(written(config, tmp_path))
    (problem,) = caught.value.problems
    assert problem.path == "layer 'conv'"
    assert "nothing that a file brings along is run" in problem.rule


def test_every_kind_of_layer_of_a_design_comes_back_from_a_file(tmp_path: Path) -> None:
    """Design, program, model, file, design."""
    built(EVERYTHING).save(tmp_path / "model.keras")
    opened = designs.design_of(model_in_file(tmp_path / "model.keras"))
    assert same_layers(lower(opened.design), lower(EVERYTHING))
    assert not opened.notes


def test_weights_are_not_read(config: dict[str, Any], tmp_path: Path) -> None:
    """The file that is written here has none, and the model opens."""
    opened = designs.design_of(model_in_file(written(config, tmp_path)))
    assert [block.kind for block in opened.design.blocks] == ["binary_conv", "flatten", "head"]


def test_classes_of_somebodys_own_are_named(config: dict[str, Any], tmp_path: Path) -> None:
    layer(config, "flat").update(module="mine.layers", class_name="Fold", registered_name="mine>Fold")
    with pytest.raises(designs.NotADesign, match="Fold 'flat': a design has no such layer"):
        model_in_file(written(config, tmp_path))


def test_an_argument_that_its_layer_refuses_is_said(config: dict[str, Any], tmp_path: Path) -> None:
    layer(config, "conv")["config"]["kernel_quantizer"]["config"]["clip_value"] = -1
    with pytest.raises(BnnDesignerError, match=r"changed\.keras: Keras cannot make .*clip_value must be"):
        model_in_file(written(config, tmp_path))


DAMAGED = [("[1, 2]", "describes no model"), ("{", "no .keras and no .h5 file"), ('"text"', "describes no model")]
DAMAGED += [('{"a":' * 900 + "1" + "}" * 900, "nested too deeply|describes no model")]


@pytest.mark.parametrize(("text", "word"), DAMAGED)
def test_descriptions_of_something_else_are_refused(text: str, word: str, tmp_path: Path) -> None:
    with pytest.raises(BnnDesignerError, match=word):
        model_in_file(written(text, tmp_path))


def test_a_description_without_an_end_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_config, "MAX_CONFIG_BYTES", 2**20)
    with pytest.raises(BnnDesignerError, match="longer than 1 MiB"):
        model_in_file(written(" " * 2**20 + "{}", tmp_path))


def legacy(model: keras.Model, folder: Path, change: Any = lambda config: config) -> Path:
    """A legacy file of the model, its description changed."""
    path = folder / "legacy.h5"
    model.save(path)
    with h5py.File(path, "a") as file:
        file.attrs["model_config"] = json.dumps(change(json.loads(file.attrs["model_config"])))
    return path


def without_modules(value: Any) -> Any:
    """As Keras before 2.13 wrote it, and Larq then: classes by their names alone."""
    if isinstance(value, list):
        return [without_modules(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: without_modules(one) for key, one in value.items() if key not in ("module", "registered_name")}


def test_a_legacy_file_opens_with_classes_by_their_names_alone(tmp_path: Path) -> None:
    path = legacy(built(EVERYTHING), tmp_path, without_modules)
    assert same_layers(lower(designs.design_of(model_in_file(path)).design), lower(EVERYTHING))


@pytest.mark.parametrize("named", NAMED, ids=lambda one: str(one.get("class_name")))
def test_what_a_legacy_file_names_is_looked_up_nowhere_else(named: dict[str, Any], tmp_path: Path) -> None:
    def change(config: dict[str, Any]) -> dict[str, Any]:
        layer(config, "conv")["config"]["activation"] = without_modules(named)
        return config

    first = layers.QuantConv2D(4, 3, name="conv")
    model = keras.Sequential([keras.Input((6, 6, 4)), first, keras.layers.Flatten(), keras.layers.Dense(2)])
    with pytest.raises(BnnDesignerError, match=r"nothing that a file brings along is run|cannot make the model"):
        model_in_file(legacy(model, tmp_path, change))


@pytest.mark.parametrize("value", [3, np.zeros(3), b"{", "[1]", np.array([b"{}", b"{}"], object)])
def test_legacy_files_of_something_else_are_refused(value: Any, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        if isinstance(value, np.ndarray) and value.dtype == object:
            file.attrs.create("model_config", value, dtype=h5py.string_dtype())
        else:
            file.attrs["model_config"] = value
    with pytest.raises(
        BnnDesignerError, match=r"no description of a model|damaged or something else|describes no model"
    ):
        model_in_file(tmp_path / "a.h5")


def in_larqs_form(value: Any) -> Any:
    """A configuration of ours as Larq writes it under Keras 2.15: its modules, and an axis in a list."""
    if isinstance(value, list):
        return [in_larqs_form(one) for one in value]
    if not isinstance(value, dict):
        return value
    changed = {key: in_larqs_form(one) for key, one in value.items()}
    if str(changed.get("module")).startswith("bnn_designer."):
        kind = "weight_clip" if changed["class_name"] == "WeightClip" else changed["class_name"]
        changed |= {"module": "larq.layers", "class_name": kind, "registered_name": kind}
        for added in ("engine", "gradients", "gradients_seed", "check_nan", "autocast"):
            changed["config"].pop(added, None)
    return changed


def test_what_larq_wrote_opens(config: dict[str, Any], tmp_path: Path) -> None:
    assert designs.design_of(model_in_file(written(in_larqs_form(config), tmp_path))) == designs.design_of(
        model_in_file(written(config, tmp_path))
    )


BY_LARQ = """
import sys, larq as lq, tensorflow as tf
binary = dict(input_quantizer="ste_sign", kernel_quantizer="ste_sign", kernel_constraint="weight_clip", use_bias=False)
image = tf.keras.Input((8, 8, 3))
x = lq.layers.QuantConv2D(8, 3, kernel_quantizer="ste_sign", kernel_constraint="weight_clip", name="first")(image)
x = tf.keras.layers.BatchNormalization(name="norm")(x)
y = lq.layers.QuantConv2D(8, 3, padding="same", pad_values=1.0, name="conv", **binary)(x)
x = tf.keras.layers.Add(name="add")([x, y])
x = lq.layers.QuantDepthwiseConv2D(3, depthwise_quantizer="ste_sign", name="depthwise")(x)
x = lq.layers.QuantDense(4, name="scores", **binary)(tf.keras.layers.Flatten()(x))
tf.keras.Model(image, tf.keras.layers.Activation("softmax")(x), name="of_larq").save(sys.argv[1])
"""


@pytest.mark.skipif(not os.environ.get("BNN_LARQ_PYTHON"), reason="BNN_LARQ_PYTHON names no Python that has Larq")
def test_a_file_that_larq_wrote_opens(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    subprocess.run([os.environ["BNN_LARQ_PYTHON"], "-c", BY_LARQ, path], check=True, capture_output=True, timeout=300)
    opened = designs.design_of(model_in_file(path))
    kinds = ["binary_conv", "shortcut", "binary_depthwise_conv", "flatten", "binary_dense", "head"]
    assert [block.kind for block in opened.design.blocks] == kinds
    assert opened.design.blocks[1].body[0].pad_values == 1
