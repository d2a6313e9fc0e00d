"""Float convolutions by oneDNN and by the engine's own loop: the same numbers, any threads, and who ran is known."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer.design.presets import preset
from bnn_designer.graph import lower
from bnn_designer.inference import Engine, EngineError
from bnn_designer.kernels import onednn
from bnn_designer.kernels.toolchain import KernelBuildError, machine_sets
from bnn_designer.packing import pack
from bnn_designer.packing.network import PackedNetwork
from tests.inference.layers import layer
from tests.inference.models import random_images, random_model

ROOT = Path(__file__).parents[2]
OWN_KERNELS = {isa.name for isa in machine_sets()}  # the loop of the engine says whose it is


def missing_onednn() -> str | None:
    try:
        onednn.open_onednn()
    except KernelBuildError as error:
        return str(error)
    return None


@pytest.fixture(autouse=True)
def nothing_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BNN_FLOAT_KERNELS", "BNN_KERNELS"):
        monkeypatch.delenv(name, raising=False)


MISSING = missing_onednn()
needs_onednn = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
CI_HAS_IT = os.environ.get("CI") == "1" and sys.platform == "linux"


@pytest.mark.skipif(not CI_HAS_IT, reason="only the gate promises oneDNN")
def test_the_gate_has_onednn() -> None:
    assert MISSING is None


def images_of(network: PackedNetwork, count: int = 3) -> Any:
    return np.random.default_rng(4).normal(0, 1, (count, *network.header.input_shape)).astype(np.float32)


def run(network: PackedNetwork, images: Any, float_kernels: str, threads: int = 1) -> tuple[Any, str]:
    with Engine(network, threads, float_kernels=float_kernels) as engine:
        return engine.run(images), engine.kernels()[0]


AWKWARD: list[dict[str, Any]] = [
    {"size": (1, 1), "channels": 5, "filters": 3, "kernel": (1, 1)},  # one pixel
    {"size": (1, 1), "channels": 1, "filters": 1, "kernel": (3, 3)},  # a window mostly outside
    {"size": (1, 1), "channels": 40, "filters": 64, "kernel": (7, 7)},
    {"size": (1, 6), "channels": 16, "filters": 32, "kernel": (7, 7), "strides": (2, 2)},
    {"size": (2, 2), "channels": 64, "filters": 64, "kernel": (5, 5)},
    {"size": (2, 3), "channels": 9, "filters": 20, "kernel": (3, 3), "dilation": (4, 5)},  # taps far outside
    {"size": (5, 2), "channels": 12, "filters": 9, "kernel": (7, 7), "groups": 3},
    {"size": (3, 40), "channels": 8, "filters": 16, "kernel": (41, 9), "strides": (1, 2)},
    {"size": (1, 17), "channels": 7, "filters": 33, "kernel": (1, 3)},
    {"size": (23, 19), "channels": 3, "filters": 64, "kernel": (7, 7), "strides": (2, 2)},
    {"size": (23, 19), "channels": 3, "filters": 17, "kernel": (7, 7), "strides": (3, 2), "same": False},
    {"size": (31, 9), "channels": 1, "filters": 8, "kernel": (5, 2)},
    {"size": (30, 30), "channels": 8, "filters": 24, "kernel": (3, 3), "dilation": (2, 3)},
    {"size": (12, 13), "channels": 16, "filters": 48, "kernel": (1, 1), "strides": (2, 2)},
    {"size": (29, 29), "channels": 40, "filters": 100, "kernel": (1, 1)},
    {"size": (65, 5), "channels": 20, "filters": 600, "kernel": (3, 3)},  # more lines of filters than a part holds
    {"size": (60, 64), "channels": 1, "filters": 64, "kernel": (100, 1)},  # no two parts have the same padding
    {"size": (10, 11), "channels": 32, "filters": 64, "kernel": (3, 3), "groups": 2},
    {"size": (10, 11), "channels": 12, "filters": 9, "kernel": (3, 3), "groups": 3},
]


@needs_onednn
@pytest.mark.parametrize("shape", AWKWARD, ids=str)
def test_onednn_gives_what_keras_and_the_own_loop_give(shape: dict[str, Any]) -> None:
    network, (weights, bias) = layer(**shape)
    images = images_of(network)
    found, _ = run(network, images, "onednn")
    own, kernel = run(network, images, "own")
    assert kernel in OWN_KERNELS
    channels = shape["channels"] // shape.get("groups", 1)
    wanted = keras.ops.conv(
        images.astype(np.float64),
        weights.reshape(*shape["kernel"], channels, shape["filters"]).astype(np.float64),
        strides=shape.get("strides", 1),
        padding="same" if shape.get("same", True) else "valid",
        dilation_rate=shape.get("dilation", 1),
    )
    wanted = np.asarray(wanted + bias.astype(np.float64)).reshape(len(images), -1)
    # A sum of n products of normal numbers is about sqrt(n); each of n roundings adds at most 2^-24 of what is summed.
    products = shape["kernel"][0] * shape["kernel"][1] * channels
    limit = 4 * products * 2**-24 * np.sqrt(products)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=limit + 1e-6)
    np.testing.assert_allclose(own, wanted, rtol=0, atol=limit + 1e-6)


@needs_onednn
def test_the_library_runs_shapes_of_networks() -> None:
    """Else all tests would compare the own loop with itself."""
    network, _ = layer((23, 19), 3, 64, (7, 7), (2, 2))
    assert "oneDNN" in run(network, images_of(network), "onednn")[1]
    network, _ = layer((14, 14), 128, 256, (1, 1))
    assert "oneDNN" in run(network, images_of(network), "onednn")[1]
    network, _ = layer((60, 64), 1, 64, (100, 1))  # would need 20 convolutions
    assert "oneDNN" not in run(network, images_of(network), "onednn")[1]


shapes = st.fixed_dictionaries(
    {
        "size": st.tuples(st.integers(1, 4) | st.integers(1, 40), st.integers(1, 4) | st.integers(1, 40)),
        "channels": st.integers(1, 40),
        "filters": st.integers(1, 70),
        "kernel": st.tuples(st.integers(1, 7), st.integers(1, 7)),
        "strides": st.tuples(st.integers(1, 3), st.integers(1, 3)),
        "dilation": st.tuples(st.integers(1, 3), st.integers(1, 3)),
    }
)


@needs_onednn
@settings(max_examples=60)
@given(shapes)
def test_drawn_shapes(shape: dict[str, Any]) -> None:
    if max(shape["strides"]) > 1:
        shape |= {"dilation": (1, 1)}
    network, _ = layer(**shape)
    images = images_of(network, 2)
    found, _ = run(network, images, "onednn")
    products = shape["kernel"][0] * shape["kernel"][1] * shape["channels"]
    limit = 8 * products * 2**-24 * np.sqrt(products) + 1e-6
    np.testing.assert_allclose(found, run(network, images, "own")[0], rtol=0, atol=limit)
    np.testing.assert_array_equal(run(network, images, "onednn", threads=3)[0], found)


@needs_onednn
@pytest.mark.parametrize("threads", [2, 3, 7])
def test_results_do_not_depend_on_the_number_of_threads(threads: int) -> None:
    for shape in AWKWARD:
        network, _ = layer(**shape)
        images = images_of(network)
        wanted, _ = run(network, images, "onednn")
        np.testing.assert_array_equal(run(network, images, "onednn", threads)[0], wanted)


@needs_onednn
def test_whole_networks() -> None:
    for name in ("quicknet-small", "bi-real-cifar", "binarynet"):
        graph = lower(preset(name))
        network, images = pack(graph, random_model(graph)), random_images(graph, 3)
        with (
            Engine(network, 2, float_kernels="onednn") as library,
            Engine(network, 2, float_kernels="own") as own,
        ):
            np.testing.assert_allclose(library.run(images), own.run(images), rtol=2e-4, atol=2e-5)
            assert any("oneDNN" in kernel for kernel in library.kernels())
            assert not any("oneDNN" in kernel for kernel in own.kernels())


@needs_onednn
def test_its_weights_are_counted_instead_of_the_own_order() -> None:
    network, (weights, _) = layer((14, 14), 128, 256, (1, 1))
    for float_kernels in ("own", "onednn"):
        with Engine(network, float_kernels=float_kernels) as engine:
            # 256 filters fill all registers, so neither order has gaps.
            assert engine.memory()["tiled_weights"] == weights.nbytes == 128 * 256 * 4


def chosen(**environment: str) -> dict[str, Any]:
    """What an engine chooses in another process, of a layer with few products and one with many."""
    code = """
import json
from bnn_designer.inference import Engine, EngineError
from tests.inference.layers import layer
found = []
for shape in ({"size": (30, 30), "channels": 3, "filters": 64, "kernel": (3, 3), "same": False},
              {"size": (14, 14), "channels": 128, "filters": 256, "kernel": (1, 1)},
              {"size": (1, 1), "channels": 128, "filters": 256, "kernel": (1, 1)}):
    try:
        with Engine(layer(**shape)[0]) as engine:
            found.append(engine.kernels()[0])
            reason = engine.float_kernels.reason
    except EngineError as error:
        found.append("refused")
        reason = str(error)
print(json.dumps({"kernels": found, "reason": reason}))
"""
    unset = dict.fromkeys(("BNN_FLOAT_KERNELS", "BNN_KERNELS"), "")
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | unset | environment,
    )
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@needs_onednn
def test_by_itself_the_library_runs_where_it_was_measured_faster() -> None:
    found = chosen()
    few, many, dense = found["kernels"]
    assert few in OWN_KERNELS
    assert dense == few
    assert (many == few) if few == "portable" else ("oneDNN" in many)
    held_back = chosen(BNN_KERNELS="portable")
    assert held_back["kernels"] == ["portable"] * 3
    assert "Set BNN_FLOAT_KERNELS=onednn to use it." in held_back["reason"]


@needs_onednn
def test_the_variable_forces_the_library() -> None:
    assert all("oneDNN" in kernel for kernel in chosen(BNN_FLOAT_KERNELS="onednn")["kernels"])


def test_the_variable_forces_the_own_loop() -> None:
    found = chosen(BNN_FLOAT_KERNELS="own")
    assert not any("oneDNN" in kernel for kernel in found["kernels"])
    assert found["reason"] is None


def test_another_name_is_refused() -> None:
    found = chosen(BNN_FLOAT_KERNELS="mkl")
    assert found["kernels"] == ["refused"] * 3
    assert found["reason"] == (
        "There are no float kernels 'mkl'. Unset BNN_FLOAT_KERNELS, or set it to one of: own, onednn."
    )


def compiler(folder: Path, refuses: str) -> str:
    """The compiler, but that it fails where one of its arguments has `refuses` in it."""
    from bnn_designer.kernels.toolchain import find_compiler

    script = folder / "some-c++"
    command = " ".join(find_compiler().command)
    script.write_text(
        f'#!/bin/sh\ncase "$*" in *{refuses}*) echo "no {refuses}" >&2; exit 1;; esac\nexec {command} "$@"\n'
    )
    script.chmod(0o755)
    return str(script)


def onednn_of(folder: Path, refuses: str) -> subprocess.CompletedProcess[str]:
    """Builds and opens the library with such a compiler, twice."""
    code = """
from bnn_designer.kernels import onednn
for _ in range(2):
    try:
        print(onednn.open_onednn().name)
    except Exception as error:
        print(type(error).__name__, error)
"""
    (folder / "cache").mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=os.environ | {"CXX": compiler(folder, refuses), "BNN_CACHE_DIR": str(folder / "cache")},
    )


def test_without_headers_the_reason_says_what_to_install(tmp_path: Path) -> None:
    line = onednn_of(tmp_path, "dnnl_version.h").stdout.splitlines()[0]
    assert line == (
        "KernelBuildError The compiler does not find oneDNN. Install it (Debian and Ubuntu: apt install libdnnl-dev)."
    )


@needs_onednn
def test_a_build_that_fails_is_a_reason_and_not_tried_again(tmp_path: Path) -> None:
    first, second = onednn_of(tmp_path, "ldnnl").stdout.splitlines()
    (log,) = (tmp_path / "cache").glob("*-failed.log")
    assert "libbnn_onednn.so does not link" in first
    assert str(log) in first
    assert f"see {log}. Delete that file to try again." in second
    assert "no ldnnl" in log.read_text()


@needs_onednn
def test_a_library_that_does_not_load_is_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As after its package was removed, while the build of before is still in the cache."""
    broken = tmp_path / "libbnn_onednn.so"
    broken.write_bytes(b"no library")
    monkeypatch.setattr(onednn, "build_onednn", lambda: broken)
    onednn.open_onednn.cache_clear()
    try:
        network, _ = layer((14, 14), 128, 256, (1, 1))
        with Engine(network) as engine:
            if engine.isa != "portable":
                assert engine.float_kernels.reason is not None
                assert "oneDNN cannot be loaded" in engine.float_kernels.reason
            assert engine.kernels() == (engine.isa,)
        with pytest.raises(
            EngineError, match=r"'onednn' are unavailable: oneDNN cannot be loaded .*apt install libdnnl-dev"
        ):
            Engine(network, float_kernels="onednn")
    finally:
        onednn.open_onednn.cache_clear()


class _Table(ctypes.Structure):
    """bnn::FloatLibrary."""

    _fields_ = (
        ("table", ctypes.c_int64),
        ("name", ctypes.c_char_p),
        *((name, ctypes.c_void_p) for name in ("make", "free", "run", "weight_bytes", "scratch_bytes", "kernel")),
    )


@needs_onednn
def test_an_error_of_the_library_at_run_time_is_an_error_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    real = onednn.open_onednn()
    table = _Table.from_buffer_copy(_Table.from_address(real.table))
    fails = ctypes.CFUNCTYPE(ctypes.c_bool)(lambda: False)
    table.run = ctypes.cast(fails, ctypes.c_void_p)
    fake = onednn.OneDnn(real.name, ctypes.addressof(table))
    monkeypatch.setattr("bnn_designer.inference.float_kernels.open_onednn", lambda: fake)
    network, _ = layer((14, 14), 128, 256, (1, 1))
    with (
        Engine(network, float_kernels="onednn") as engine,
        pytest.raises(EngineError, match=r"oneDNN .* reports an error. Set BNN_FLOAT_KERNELS=own"),
    ):
        engine.run(images_of(network))
    table.table += 1
    with pytest.raises(EngineError, match="built for another engine"):
        Engine(network, float_kernels="onednn")
