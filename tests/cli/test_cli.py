"""The command line as a user has it: the real program, its exit status and what it prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bnn_designer.design.presets import PRESETS

PROGRAM = [sys.executable, "-m", "bnn_designer.cli"]


def run(*arguments: str, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).parents[2])
    environment = os.environ | {"PYTHONPATH": root} | variables
    return subprocess.run(
        [*PROGRAM, *arguments], capture_output=True, text=True, cwd=cwd, env=environment, timeout=300, check=False
    )


def refused(result: subprocess.CompletedProcess[str], *words: str) -> None:
    """The program ended with status 2, said why in one paragraph, and printed neither result nor traceback."""
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr.count("\n") == 1
    for word in words:
        assert word in result.stderr


def test_presets_are_listed() -> None:
    result = run("presets")
    assert result.returncode == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(PRESETS)


def test_cost_as_json_has_the_agreed_fields() -> None:
    result = run("cost", "binarynet", "--json")
    data = json.loads(result.stdout)
    assert set(data) >= {"name", "larq", "runtime_memory", "layers"}
    assert data["larq"] == {
        "params": 10_352_000 + 7_700,
        "params_by_bits": {"1": 10_352_000, "32": 7_700},
        "memory_bytes": (10_352_000 + 32 * 7_700) // 8,
        "macs": 510_961_664 + 3 * 3 * 3 * 128 * 30 * 30,
        "macs_by_bits": {"1": 510_961_664, "32": 3 * 3 * 3 * 128 * 30 * 30},
    }
    assert data["runtime_memory"] == {
        "live_lower_bound_bytes": 4 * (32 * 32 * 3 + 30 * 30 * 128 + 15 * 15 * 128),
        "peak_layer": "pool_bn_1",
    }


def test_cost_for_people_names_the_peak() -> None:
    result = run("cost", "binarynet")
    assert "10,359,700" in result.stdout
    assert "588,288 bytes (574 KiB), at its peak in pool_bn_1" in result.stdout


def test_new_writes_a_design_that_costs_the_same(tmp_path: Path) -> None:
    assert run("new", "bi-real-cifar", "-o", "net.json", cwd=tmp_path).returncode == 0
    from_file = run("cost", "net.json", "--json", cwd=tmp_path).stdout
    assert json.loads(from_file) == json.loads(run("cost", "bi-real-cifar", "--json").stdout)


def test_new_for_small_images_gives_a_preset_its_small_stem(tmp_path: Path) -> None:
    result = run("new", "bi-real-net", "-o", "net.json", "--image", "32", "--classes", "10", cwd=tmp_path)
    assert "stem is that for small images" in result.stdout
    data = json.loads((tmp_path / "net.json").read_text())
    assert (data["input_shape"], data["classes"]) == ([32, 32, 3], 10)
    assert (data["blocks"][0]["kernel_size"], data["blocks"][0]["strides"]) == ([3, 3], [1, 1])
    kept = run("new", "bi-real-net", "-o", "kept.json", "--image", "32x32x3", "--keep-stem", cwd=tmp_path)
    assert "stem" not in kept.stdout
    assert json.loads((tmp_path / "kept.json").read_text())["blocks"][0]["kernel_size"] == [7, 7]
    series = run("new", "har-1d", "-o", "ecg.json", "--image", "1x512x2", cwd=tmp_path)
    assert (series.returncode, series.stdout.count("\n")) == (0, 1)


@pytest.mark.parametrize("size", ["", "large", "1x2x3x4", "0", "32x-1", "99999"])
def test_new_refuses_what_is_no_size(size: str, tmp_path: Path) -> None:
    refused(
        run("new", "binarynet", "-o", "net.json", "--image", size, cwd=tmp_path), "32" if size != "99999" else "4096"
    )
    assert not list(tmp_path.iterdir())


def test_new_writes_no_design_that_is_no_network(tmp_path: Path) -> None:
    refused(
        run("new", "binarynet", "-o", "net.json", "--image", "8", cwd=tmp_path), "pool_bn_3", "larger than its input"
    )
    assert not list(tmp_path.iterdir())


def test_new_does_not_write_over_a_file_unasked(tmp_path: Path) -> None:
    file = tmp_path / "net.json"
    file.write_text("mine")
    refused(run("new", "binarynet", "-o", str(file)), "net.json", "already")
    assert file.read_text() == "mine"
    assert run("new", "binarynet", "-o", str(file), "--force").returncode == 0
    assert json.loads(file.read_text())["name"] == "binarynet"
    assert list(tmp_path.iterdir()) == [file]


BAD_FILES = [
    ("{", "not JSON", "line 1"),
    ("[]", "a list", "preset"),
    ('{"schema_version": 99}', "99", "Update"),
    ('{"blocks": [{"kind": "conv", "id": "stem", "filters": 0}]}', "stem", "filters must be at least 1"),
    (
        '{"blocks": [{"kind": "conv", "id": "stem", "filters": 8, "kernel_size": 40, "padding": "valid"}]}',
        "stem",
        "larger than its input",
    ),
    (
        '{"blocks": [{"kind": "shortcut", "id": "s", "on_shape_change": "refuse", "body": [{"kind": "binary_conv",'
        ' "id": "c", "filters": 8}]}]}',
        "s: ",
        "32 x 32 x 8 and 32 x 32 x 3",
    ),
    ('{"blocks": []}', "head", "Add"),
]


@pytest.mark.parametrize("command", ["cost", "train"])
@pytest.mark.parametrize(("text", "where", "rule"), BAD_FILES)
def test_bad_files_are_refused_in_one_paragraph(command: str, text: str, where: str, rule: str, tmp_path: Path) -> None:
    (tmp_path / "net.json").write_text(text)
    result = run(command, "net.json", cwd=tmp_path, BNN_HOME=str(tmp_path / "home"))
    refused(result, "net.json" if where == "line 1" else where, rule)
    assert not (tmp_path / "home").exists()


def test_a_kernel_larger_than_the_image_is_costed(tmp_path: Path) -> None:
    """A document for CIFAR-10; the padding is "same" unless it says otherwise."""
    stem = '{"kind": "conv", "id": "stem", "filters": 8, "kernel_size": 40}'
    (tmp_path / "net.json").write_text(f'{{"blocks": [{stem}, {{"kind": "flatten"}}, {{"kind": "head"}}]}}')
    result = run("cost", "net.json", "--json", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["layers"][0]["macs"] == 40 * 40 * 3 * 8 * 32 * 32


@pytest.mark.parametrize("source", ["nonsense", "missing.json", "."])
def test_a_source_that_is_no_design_is_refused(source: str) -> None:
    refused(run("cost", source), source)


def test_a_recipe_out_of_bounds_is_refused(tmp_path: Path) -> None:
    refused(run("train", "binarynet", "--epochs", "0", BNN_HOME=str(tmp_path)), "epochs")


def test_kernels_without_a_compiler_say_so_and_end_well(tmp_path: Path) -> None:
    result = run("kernels", "--json", PATH="", CXX="", BNN_CACHE_DIR=str(tmp_path))
    assert result.returncode == 0, result.stderr
    data = json.loads(result.stdout)
    assert data["built"] is False
    assert "compiler" in data["reason"]


def test_kernels_pass_their_self_test() -> None:
    result = run("kernels", "--json", BNN_FLOAT_KERNELS="")
    data = json.loads(result.stdout)
    if not data["built"]:
        pytest.skip(f"the op is not built here: {data['reason']}")
    assert data["isa"] in data["available_isas"]
    assert data["self_test"]["ok"] is True
    assert (data["float_library"] is None) == (data["own_loop_because"] is not None)
    assert data["auto"]["most_taps"] == 4
    own = json.loads(run("kernels", "--json", BNN_FLOAT_KERNELS="own", BNN_KERNELS="portable").stdout)
    assert own["auto"] == {"xnor_from_channels": None, "lookup_from_width": None, "most_taps": 4}
    assert (own["float_library"], own["own_loop_because"]) == (None, None)
