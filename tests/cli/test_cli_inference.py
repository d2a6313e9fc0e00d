"""Pack, predict, time and calibrate as a user has them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from bnn_designer.cli.main import main
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import preset
from bnn_designer.graph import lower
from bnn_designer.kernels.builder import build_kernels
from bnn_designer.measuring.times import OWN_LOOP
from bnn_designer.packing import load
from tests.cli.another import JOB, another_measures

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "bnn_designer.cli"]
DATA = os.environ.get("BNN_DATA_DIR")


def run(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | variables
    command = [*PROGRAM, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=500, check=False)


def done(*arguments: str | Path, **variables: str) -> str:
    result = run(*arguments, **variables)
    assert result.returncode == 0, result.stderr
    return result.stdout


def here(*arguments: str | Path) -> Result:
    """In this process, which loads TensorFlow once for all of these tests."""
    return CliRunner().invoke(main, [*map(str, arguments)], catch_exceptions=False)


def done_here(*arguments: str | Path) -> str:
    result = here(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused_here(words: str, *arguments: str | Path) -> None:
    result = here(*arguments)
    assert result.exit_code == 2
    assert words in result.output


def refused(words: str, *arguments: str | Path) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_layers_of_8_bits_have_their_scales_from_images(tmp_path: Path) -> None:
    """-1 and 1 are the ends of images of bytes, so that a step of the first layer's input is 1 / 127."""
    int8 = {"input_quantizer": "int8", "kernel_quantizer": "int8", "pad_values": 0}
    blocks = (b.BinaryConv(id="first", filters=4, kernel_size=(3, 3), **int8), b.GlobalPool(), b.Head())
    path = tmp_path / "design.json"
    path.write_text(Design(name="ends", input_shape=(6, 6, 3), classes=2, blocks=blocks).to_json())
    refused_here(
        "first: it is a layer of 8 bits, whose scale comes from images", "pack", path, "-o", tmp_path / "no.bnn"
    )
    assert not (tmp_path / "no.bnn").exists()
    images = np.random.default_rng(0).integers(0, 256, (4, 6, 6, 3), np.uint8)
    images.flat[0], images.flat[1] = 0, 255
    np.save(tmp_path / "images.npy", images)
    done_here("pack", path, "-o", tmp_path / "net.bnn", "--calibration", tmp_path / "images.npy")
    assert load(tmp_path / "net.bnn").header.groups[0].steps[0].high == pytest.approx(1 / 127)
    refused_here("cannot be read", "pack", path, "-o", tmp_path / "no.bnn", "--calibration", tmp_path / "none.npy")
    done_here("export", path, "--to", "c", "-o", tmp_path / "c", "--calibration", tmp_path / "images.npy")
    assert "int8_t network_value" in (tmp_path / "c" / "network.h").read_text()


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("packed") / "net.bnn"
    said = done("pack", "bi-real-cifar", "-o", path, "--seed", "3")
    assert said.startswith(f"{path}: {path.stat().st_size:,} bytes, ")
    assert said.endswith("untrained\n")
    return path


def test_images_of_bytes_are_scaled_and_outputs_can_be_kept(packed: Path, tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    np.save(tmp_path / "bytes.npy", images)
    np.save(tmp_path / "floats.npy", images / np.float32(127.5) - np.float32(1))
    lines = done("predict", packed, tmp_path / "bytes.npy", "-o", tmp_path / "out.npy").splitlines()
    outputs = np.load(tmp_path / "out.npy")
    assert outputs.shape == (3, 10)
    np.testing.assert_allclose(outputs.sum(1), 1, rtol=1e-5)
    assert [line.split()[2] for line in lines[:3]] == [str(row.argmax()) for row in outputs]
    data = json.loads(done("predict", packed, tmp_path / "floats.npy", "--json"))
    assert data == {"images": 3, "classes": outputs.argmax(1).tolist()}
    refused("already exists", "predict", packed, tmp_path / "bytes.npy", "-o", tmp_path / "out.npy")


def test_the_comparison_with_keras_counts_images(packed: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "images.npy", np.random.default_rng(0).normal(0, 1, (20, 32, 32, 3)).astype(np.float32))
    # Untrained with seed 0, not with the 3 of the file: other weights, other classes.
    found = json.loads(done("predict", packed, tmp_path / "images.npy", "--compare", "bi-real-cifar", "--json"))
    assert found["agreement"]["images"] == 20
    assert found["agreement"]["same_class"] < 20
    assert len(found["agreement"]["margins"]) == 20 - found["agreement"]["same_class"]


def test_a_saved_model_is_packed_and_compared(tmp_path: Path) -> None:
    from tests.inference.models import random_model

    random_model(lower(preset("bi-real-cifar"))).save(tmp_path / "model.keras")
    np.save(tmp_path / "images.npy", np.random.default_rng(0).normal(0, 1, (20, 32, 32, 3)).astype(np.float32))
    weights = ("--weights", tmp_path / "model.keras")
    said = done_here("pack", "bi-real-cifar", *weights, "-o", tmp_path / "net.bnn")
    assert said.endswith(f"{tmp_path / 'model.keras'}\n")
    compare = ("--compare", "bi-real-cifar", *weights)
    said = done_here("predict", tmp_path / "net.bnn", tmp_path / "images.npy", *compare, "--threads", "2")
    assert said.startswith("20 of 20 images get the same class as from Keras; largest difference of an output: ")
    refused_here("trained model has no layer", "pack", "binarynet", *weights, "-o", tmp_path / "other.bnn")
    refused_here(
        "read as a Keras model", "pack", "binarynet", "--weights", tmp_path / "images.npy", "-o", tmp_path / "other.bnn"
    )


@pytest.mark.skipif(not DATA, reason="BNN_DATA_DIR is not set: no CIFAR-10 images to train on")
def test_a_run_is_packed_and_agrees_with_keras_on_all_test_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = ("--epochs", "1", "--subset", "1000", "--validation-subset", "100", "--seed", "1", "--json")
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))
    events = [json.loads(line) for line in done("train", "bi-real-cifar", *sizes).splitlines()]
    run_id = events[-1]["run"]
    assert done_here("pack", run_id, "-o", tmp_path / "net.bnn").endswith(f"run {run_id}\n")
    command = ("predict", tmp_path / "net.bnn", "--cifar10", "--compare", run_id, "--json")
    found = json.loads(done_here(*command))
    assert found["images"] == 10_000
    # Not one image but for ties: where a value before a sign is zero but for rounding.
    assert found["agreement"]["same_class"] >= 9_990
    assert max(found["agreement"]["margins"], default=0) < 0.05
    assert found["accuracy"] == found["right"] / 10_000 > 0.1


def test_time_shows_latency_and_memory_beside_the_prediction(packed: Path, tmp_path: Path) -> None:
    cache = {"BNN_CACHE_DIR": os.environ.get("BNN_CACHE_DIR", str(tmp_path))}
    data: dict[str, Any] = json.loads(
        done("time", packed, "--threads", "1", "--threads", "2", "--layers", "--seconds", "0.1", "--json", **cache)
    )
    assert [one["threads"] for one in data["timings"]] == [1, 2]
    for one in data["timings"]:
        assert 0 < one["min_ms"] <= one["median_ms"]
        assert one["images"] >= 20
        assert one["memory_bytes"]["arena"] > 0
        assert (one["float_library"] == OWN_LOOP) == (one["why_own"] is not None)
        assert one["float_library"] == OWN_LOOP or one["float_library"].startswith("oneDNN ")
    assert data["predicted"]["arena_bytes"] > data["timings"][0]["memory_bytes"]["arena"]
    assert sum(one["macs"] for one in data["layers"]) > 0
    assert all(one["ms"] > 0 for one in data["layers"])
    text = done("time", packed, "--layers", "--seconds", "0.1", **cache, BNN_FLOAT_KERNELS="own")
    assert f"float       convolutions by {OWN_LOOP}\n" in text
    for word in ("1 thread", "ms median", "arena", "the process grew by", "GMAC/s", "conv_1"):
        assert word in text


def test_calibration_gives_every_design_an_estimate_here(tmp_path: Path) -> None:
    """In a cache of its own, so that no other test sees the calibration; the kernels in it are the usual ones."""
    kernels = build_kernels().parent
    (tmp_path / kernels.name).symlink_to(kernels)
    cache = {"BNN_CACHE_DIR": str(tmp_path)}
    names = ("bi-real-cifar", "quicknet-cifar", "binarynet")
    said = done("calibrate", "--seconds", "0.05", *[word for name in names for word in ("--preset", name)], **cache)
    for name in names:
        assert said.count(name) == 2  # measured, and left out
    assert "mean error" in said
    latencies = json.loads(done("cost", "vgg-small-bnn", "--json", **cache))["latency"]
    here = next(one for one in latencies if one["device"] == "this machine")
    assert here["state"] == "estimated"
    assert here["samples"] == 3
    assert here["source"].startswith("measured here with BNN Designer ")


def test_two_measurements_at_once_are_refused_or_wait(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else has the machine: a process that is no parent of the command."""
    kernels = build_kernels().parent
    (tmp_path / kernels.name).symlink_to(kernels)
    monkeypatch.setenv("BNN_CACHE_DIR", str(tmp_path))
    timing = ("time", packed, "--seconds", "0.05")
    with another_measures():
        for command in (timing, ("calibrate", "--preset", "binarynet", "--preset", "xnor-net-cifar")):
            busy = f"in a terminal: another measurement is running on this machine: {JOB}, since"
            refused(busy, *command, "--no-wait")
        command = [*PROGRAM, *map(str, timing), "--json"]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        pipe = subprocess.PIPE
        waiting = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment)
        assert waiting.stderr is not None
        said = waiting.stderr.readline()
        assert said.startswith(f"timing in a terminal: waiting for another measurement on this machine: {JOB}")
        assert waiting.poll() is None
    out, _ = waiting.communicate(timeout=100)
    assert json.loads(out)["timings"][0]["images"] >= 20


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ("either a file of images or --cifar10", ("predict", "net.bnn")),
        ("net.bnn: the file cannot be read", ("predict", "net.bnn", "--cifar10")),
        ("there is no preset of this name", ("pack", "nonsense", "-o", "net.bnn")),
        ("there is no such run", ("pack", "01234567", "-o", "net.bnn")),
        ("one network is not enough for a calibration", ("calibrate", "--preset", "binarynet")),
        ("none.bnn: the file cannot be read", ("time", "none.bnn")),
    ],
)
def test_bad_wishes_are_refused(words: str, arguments: tuple[str, ...]) -> None:
    refused(words, *arguments)


def test_bad_images_are_refused(packed: Path, tmp_path: Path) -> None:
    bad = {
        "shape": np.zeros((2, 8, 8, 3), np.float32),
        "rank": np.zeros((8,), np.float32),
        "texts": np.array(["a"]),
        "nan": np.full((1, 32, 32, 3), np.nan, np.float32),
        "objects": np.array([None], object),
    }
    for name, array in bad.items():
        np.save(tmp_path / f"{name}.npy", array)
    refused("take", "predict", packed, tmp_path / "shape.npy")
    refused("not an array of images", "predict", packed, tmp_path / "rank.npy")
    refused("not an array of images", "predict", packed, tmp_path / "texts.npy")
    refused("holds NaN", "predict", packed, tmp_path / "nan.npy")
    refused("cannot be read as an array", "predict", packed, tmp_path / "objects.npy")


def test_a_packed_network_runs_without_tensorflow(packed: Path) -> None:
    code = (
        "import sys, numpy as np; from pathlib import Path; from bnn_designer.inference import Engine\n"
        "from bnn_designer.packing import load\n"
        f"engine = Engine(load(Path({str(packed)!r})))\n"
        "print(engine.run(np.zeros((32, 32, 3), np.float32)).shape, 'tensorflow' in sys.modules)"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert said.stdout == "(10,) False\n"
