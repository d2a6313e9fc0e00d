"""What ``bnn-designer cost`` is asked for besides the report: budgets, devices, formulas, timeline, deploy options."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bnn_designer.cli.main import main
from bnn_designer.cost import DeployOptions, cost
from bnn_designer.cost.deployed import DeployedCost
from bnn_designer.cost.devices.catalogue import DEVICES
from bnn_designer.cost.training_memory import training_memory
from bnn_designer.design.presets import preset
from tests.cli.test_cli import refused, run


@pytest.fixture(autouse=True)
def no_calibration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_CACHE_DIR", str(tmp_path))


def asked(*arguments: str) -> Result:
    """The command in this process, with lines as wide as in a file."""
    return CliRunner().invoke(main, ["cost", *arguments])


def data(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(asked(*arguments, "--json").stdout)
    return found


def deployed(name: str, **options: str) -> DeployedCost:
    found = cost(preset(name), DeployOptions(**options)).deployed
    assert isinstance(found, DeployedCost)
    return found


def test_an_exceeded_budget_ends_with_3_and_names_the_layers() -> None:
    result = run("cost", "binarynet", "--budget-flash", "1MiB", "--budget-ram", "256KiB")
    assert result.returncode == 3
    budget = result.stdout[result.stdout.index("Budget") :]
    assert "exceeded" in budget
    assert "most weights: binary_dense_1" in budget
    assert "pool_bn_1: 574 KiB alive: binary_conv_2 450 KiB" in budget
    assert "Not counted: code" in budget
    assert result.stderr == ""


def test_a_kept_budget_ends_with_0() -> None:
    result = asked("binarynet", "--budget-flash", "2MiB", "--budget-ram", "1 MiB")
    assert result.exit_code == 0
    assert "Budget (given): kept" in result.stdout


def test_the_budget_as_json() -> None:
    result = asked("binarynet", "--budget-ram", "256KiB", "--json")
    assert result.exit_code == 3
    budget = json.loads(result.stdout)["budget"]
    assert budget["flash"] is None
    assert budget["ram"]["over_bytes"] == 588_288 - 256 * 1024
    assert budget["ram"]["moments"][0]["layer"] == "pool_bn_1"
    assert "budget" not in data("binarynet")


def test_a_devices_memory_is_the_budget_unless_another_is_given() -> None:
    assert asked("binarynet", "--device", "stm32f746-disco").exit_code == 3
    assert asked("binarynet", "--device", "stm32f746-disco", "--budget-flash", "2MiB").exit_code == 3
    given = asked("binarynet", "--device", "stm32f746-disco", "--budget-flash", "2MiB", "--budget-ram", "1MiB")
    assert given.exit_code == 0
    assert "Budget (given, else STM32F746G-DISCO): kept" in given.stdout
    assert asked("binarynet", "--device", "raspberry-pi-zero").exit_code == 0


def test_a_device_that_is_asked_for_has_a_latency_or_a_reason() -> None:
    found = {one["device"]: one for one in data("quicknet", "--device", "stm32f746-disco")["latency"]}
    assert found["STM32F746G-DISCO"]["state"] == "unknown"
    assert "ms" not in found["STM32F746G-DISCO"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--budget-flash", "plenty"), ("plenty", "not a size")),
        (("--budget-ram", "256KB"), ("256KB", "KiB")),
        (("--device", "toaster"), ("toaster", "raspberry-pi-pico")),
        (("--formulas", "nonsense"), ("nonsense", "deployed.file_bytes")),
    ],
)
def test_bad_wishes_are_refused_in_one_paragraph(arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    refused(run("cost", "binarynet", *arguments), *words)


def test_latency_is_never_without_its_error() -> None:
    text = asked("quicknet").stdout
    assert "Pixel 1          27 ms ± 12 % (at worst 43 %; fitted to 13 networks)" in text
    assert "this machine     not calibrated: nothing has been measured here yet" in text
    for one in data("quicknet")["latency"]:
        assert ("ms" in one) == ("mean_relative_error" in one) == (one["state"] == "estimated")


def test_extrapolation_is_said() -> None:
    text = asked("binarynet").stdout
    assert "6.5 ms ± 12 %, extrapolated (at worst 43 %" in text
    assert "it has 511 M binary MACs, fitted on 710 M to 7.77 G; 3.11 M float MACs" in text


def test_every_device_is_in_the_report() -> None:
    found = data("binarynet")["devices"]
    assert [one["device"] for one in found] == list(DEVICES)
    assert {one["state"] for one in found} == {"too small", "fits"}
    text = asked("binarynet").stdout
    assert all(key in text for key in DEVICES)


def test_deploy_options_change_the_figures() -> None:
    assert (
        data("binarynet", "--dense", "float")["deployed"]["file_bytes"]
        == deployed("binarynet", binary_dense="float").file_bytes
    )
    assert (
        data("bi-real-net", "--kernel", "default")["deployed"]["arena_bytes"]
        == deployed("bi-real-net", kernel="default").arena_bytes
    )
    assert asked("binarynet", "--dense", "int4").exit_code == 2


def test_the_batch_size_changes_the_training_memory() -> None:
    expected = training_memory(cost(preset("binarynet")).graph, 7)
    assert data("binarynet", "--batch-size", "7")["training_memory"] == expected.to_data()
    assert f"{expected.total_bytes:,} bytes" in asked("binarynet", "--batch-size", "7").stdout
    assert asked("binarynet", "--batch-size", "0").exit_code == 2


def test_the_timeline_shows_offsets_and_marks_the_peak() -> None:
    text = asked("binarynet", "--timeline").stdout
    (peak,) = [line for line in text.splitlines() if "(peak)" in line]
    assert "pool_bn_1" in peak
    assert f"{588_288:,}" in peak
    assert "input 12,288 @0" in peak
    assert data("binarynet", "--timeline")["timeline"]["arena_bytes"] == 588_288
    assert "timeline" not in data("binarynet")


def test_a_layers_figures_open_to_their_formulas() -> None:
    text = asked("binarynet", "--formulas", "binary_conv_2").stdout
    assert "binary_conv_2: MACs of 1 bit" in text
    opened = [one["name"] for one in data("binarynet", "--formulas", "binary_conv_2")["formulas"]]
    assert "binary_conv_2: weights of 1 bit" in opened


@pytest.mark.parametrize("target", ["arena_bytes", "deployed.arena_bytes"])
def test_a_total_opens_by_its_name(target: str) -> None:
    (found,) = data("binarynet", "--formulas", target)["formulas"]
    assert found["name"] == "deployed.arena_bytes"
    assert found["value"] == 588_288


def test_totals_open_all_at_once_with_the_batch_size_in() -> None:
    found = {one["name"]: one for one in data("binarynet", "--batch-size", "7", "--formulas")["formulas"]}
    assert found["training_memory.activation_bytes"]["numbers"].endswith("* 7")
    assert {name.partition(".")[0] for name in found} == {"larq", "deployed", "training_memory", "latency"}
    only = data("binarynet", "--formulas", "deployed")["formulas"]
    assert {one["name"].partition(".")[0] for one in only} == {"deployed"}


def test_a_design_that_cannot_be_deployed_says_so_everywhere(tmp_path: Path) -> None:
    design = {
        "schema_version": 2,
        "name": "groups of 16",
        "input_shape": [8, 8, 32],
        "classes": 10,
        "blocks": [
            {"kind": "binary_conv", "id": "c", "filters": 32, "groups": 2},
            {"kind": "global_pool", "id": "p"},
            {"kind": "head", "id": "h"},
        ],
    }
    file = tmp_path / "net.json"
    file.write_text(json.dumps(design))
    found = data(str(file))
    assert {one["state"] for one in (*found["devices"], *found["latency"])} == {"unsupported"}
    assert asked(str(file)).exit_code == 0
    refused(run("cost", str(file), "--budget-ram", "1MiB"), "c:", "no deployed size")


def test_transitions_name_the_blocks_that_cause_them() -> None:
    """vgg-small-bnn: twice pool, batch norm, sign: 16 x 16 x 128 and 8 x 8 x 256 floats are read, bits written."""
    first, second = 16 * 16 * 128 * 4, 8 * 8 * 256 * 4
    moved = (first + second) * 33 // 32
    data = json.loads(run("cost", "vgg-small-bnn", "--json").stdout)["transitions"]
    assert (data["inside"], data["inside_bytes"], len(data["passes"])) == (2, moved, 3)
    assert [one["causes"][0]["path"] for one in data["passes"] if one["inside"]] == ["pool_bn_1", "pool_bn_2"]
    text = run("cost", "vgg-small-bnn", "--transitions").stdout
    assert f"2 passes between floats and bits inside binary chains: {moved:,} bytes" in text
    assert "pool_bn_1: the batch norm behind the max pool" in text
    assert "the way into bits" in text
    assert "Transitions" not in run("cost", "dorefa-net").stdout or "none" in run("cost", "dorefa-net").stdout
