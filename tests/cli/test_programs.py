"""Designs as programs and saved Keras models as designs, from the terminal."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from click.testing import CliRunner, Result

from bnn_designer.cli.main import main
from bnn_designer.design import load_design
from bnn_designer.design.presets import preset
from bnn_designer.graph import lower
from bnn_designer.larq import designs, layers
from tests.graph.test_lifting import same_layers

STAY = "The weights stay in the Keras file: a design has none. With --weights-out they are written too."


def called(*arguments: str | Path) -> Result:
    """The command in this process, where TensorFlow is loaded already."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def small(*body: keras.layers.Layer) -> keras.Model:
    return keras.Sequential([keras.Input((6, 6, 4)), *body, keras.layers.Softmax()], name="small")


def test_a_design_is_written_as_its_program(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    assert called("code", "bi-real-cifar", "-o", path).stdout == f"{path}: bi-real-cifar\n"
    assert path.read_text() == designs.program(preset("bi-real-cifar"))
    assert called("code", "binarynet", "--larq").stdout == designs.program(preset("binarynet"), for_larq=True)
    assert "import larq as lq" in called("code", "binarynet", "--larq").stdout


def test_code_overwrites_nothing_and_says_what_larq_has_not(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text("mine")
    found = called("code", "binarynet", "-o", path)
    assert (found.exit_code, path.read_text()) == (2, "mine")
    assert "already exists" in found.stderr
    assert called("code", "binarynet", "--force").exit_code == 2
    found = called("code", "xnor-net", "--larq", "-o", path, "--force")
    assert (found.exit_code, path.read_text()) == (2, "mine")
    assert "Larq does not have the quantizer xnor_weight_scale" in found.stderr


def test_a_program_is_imported_as_the_design_that_it_came_from(tmp_path: Path) -> None:
    """Design, program, model, file, design: the same layers, and no weights."""
    names: dict[str, object] = {"__name__": "program"}
    exec(called("code", "har-1d").stdout, names)
    names["build"]().save(tmp_path / "net.keras")  # type: ignore[operator]
    found = called("import", tmp_path / "net.keras", "-o", tmp_path / "net.json")
    assert found.stdout == f"{tmp_path / 'net.json'}: har-1d\n"
    assert found.stderr == f"{STAY}\n"
    assert same_layers(lower(load_design(tmp_path / "net.json")), lower(preset("har-1d")))


def test_what_a_design_leaves_out_is_said(tmp_path: Path) -> None:
    dense = keras.layers.Dense(3, kernel_regularizer="l2", name="scores")
    keras.Sequential([keras.Input((6, 6, 4)), keras.layers.Flatten(), dense], name="small").save(tmp_path / "a.keras")
    found = called("import", tmp_path / "a.keras", "-o", tmp_path / "a.json")
    assert found.stderr.splitlines() == [
        "scores: a design leaves kernel_regularizer out.",
        "small: it ends in scores; the design adds the softmax that a head has.",
        STAY,
    ]


def test_what_does_not_map_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    model = small(
        keras.layers.Lambda(lambda x: 2 * x, name="twice"),
        layers.QuantSeparableConv2D(4, 3, name="separable"),
        layers.QuantConv2D(4, 1, activation=lambda x: x, name="own"),
        keras.layers.GlobalAveragePooling2D(),
    )
    model.save(tmp_path / "a.keras")
    found = called("import", tmp_path / "a.keras", "-o", tmp_path / "a.json")
    assert found.exit_code == 2
    said = found.stderr.splitlines()
    assert said[0] == "Error: a.keras: no design has these layers."
    assert said[1].startswith("- Lambda 'twice': it is a function, whose working nobody can read")
    assert said[2].startswith("- QuantSeparableConv2D 'separable': a design has no separable convolution")
    assert said[3].startswith("- layer 'own': it has a function of its own (a lambda), and nothing that a file brings")
    assert not (tmp_path / "a.json").exists()


def test_arguments_that_do_not_map_are_named_too(tmp_path: Path) -> None:
    pooled = keras.layers.GlobalAveragePooling2D(keepdims=True, name="pool")
    small(pooled, keras.layers.Flatten()).save(tmp_path / "a.keras")
    found = called("import", tmp_path / "a.keras", "-o", tmp_path / "a.json")
    assert "GlobalAveragePooling2D 'pool': a design's global pool gives a vector" in found.stderr


def test_other_files_are_refused(tmp_path: Path) -> None:
    path, out = tmp_path / "a.keras", tmp_path / "a.json"
    np.savez(path.with_suffix(".npz"), x=np.zeros(3))
    path.with_suffix(".npz").rename(path)
    assert "a.keras: it has no config.json" in called("import", path, "-o", out).stderr
    for data, word in ((b"{}", "damaged or something else"), (b"\x89HDF\r\n\x1a\n", "it cannot be read: Unable to")):
        path.write_bytes(data)
        found = called("import", path, "-o", out)
        assert found.exit_code == 2
        assert word in found.stderr
    assert "there is no such file" in called("import", tmp_path / "b.keras", "-o", out).stderr
    assert not out.exists()


def test_weights_come_along_where_they_are_asked_for(tmp_path: Path) -> None:
    conv = layers.QuantConv2D(4, 3, kernel_quantizer="ste_sign", name="conv")
    model = small(conv, keras.layers.Flatten(), keras.layers.Dense(3))
    model.save(tmp_path / "a.h5")
    out, weights = tmp_path / "a.json", tmp_path / "moved.keras"
    assert "End this one in .keras" in called("import", tmp_path / "a.h5", "-o", out, "--weights-out", "a.h5").stderr
    found = called("import", tmp_path / "a.h5", "-o", out, "--weights-out", weights)
    assert found.stdout.splitlines() == [
        f"{weights}: its outputs of random images differ from those of {tmp_path / 'a.h5'} by 0 at most",
        f"{out}: small",
    ]
    moved = keras.models.load_model(weights)
    images = np.random.default_rng(0).normal(size=(3, 6, 6, 4)).astype(np.float32)
    np.testing.assert_array_equal(moved(images), model(images))
    again = called("import", tmp_path / "a.h5", "-o", tmp_path / "b.json", "--weights-out", weights)
    assert "moved.keras: the file already exists" in again.stderr
    assert not (tmp_path / "b.json").exists()
