"""Sizes as text, and designs held to budgets: what is exceeded, by how much, and who is to blame."""

from __future__ import annotations

from functools import cache

import pytest

from bnn_designer.cost import CostReport, cost
from bnn_designer.cost.budget import Budget, BudgetResult, device_budget, hold
from bnn_designer.cost.deployed import DeployedCost
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import preset
from bnn_designer.errors import BnnDesignerError

KIB, MIB = 1024, 1024**2


@cache
def binarynet() -> CostReport:
    return cost(preset("binarynet"))


def held(flash: int | None, ram: int | None, report: CostReport | None = None) -> BudgetResult:
    report = report or binarynet()
    return hold(report.deployed, report.timeline, Budget(flash, ram))


def test_a_budget_that_is_met_to_the_byte_is_kept() -> None:
    deployed = binarynet().deployed
    assert isinstance(deployed, DeployedCost)
    assert not held(deployed.file_bytes, 588_288).exceeded
    assert held(deployed.file_bytes - 1, 588_288).flash_over_bytes == 1
    assert held(deployed.file_bytes, 588_287).ram_over_bytes == 1


def test_the_largest_weights_are_to_blame_for_flash() -> None:
    # 1 MiB is exceeded by about 290 KiB; the first dense layer, 4,608 x 1,024 bits, makes up for it alone.
    (blamed,) = held(1 * MIB, None).flash_blame
    assert (blamed.name, blamed.path) == ("binary_dense_1", "binary_dense_1")
    # its signs, and a threshold of 32 bits for each of its outputs
    assert blamed.size_bytes == (3 * 3 * 512) * 1024 // 8 + 4 * 1024


def test_as_many_layers_are_to_blame_as_make_up_what_is_too_much() -> None:
    found = held(512 * KIB, None)
    sizes = [one.size_bytes for one in found.flash_blame]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) >= found.flash_over_bytes > sum(sizes[:-1])


def test_no_flash_at_all_blames_every_layer_with_weights() -> None:
    found = held(0, None)
    assert found.flash_over_bytes == found.file_bytes
    assert {one.path for one in found.flash_blame} >= {
        "binary_conv_1",
        "binary_conv_6",
        "binary_dense_1",
        "binary_dense_3",
    }
    assert all(one.size_bytes > 0 for one in found.flash_blame)


def test_the_peak_is_to_blame_for_ram_and_then_the_next_steps_above_the_budget() -> None:
    found = held(None, 256 * KIB)
    assert found.ram_over_bytes == 588_288 - 256 * KIB
    assert found.ram_blame[0].name == "pool_bn_1"
    assert {span.name: span.size_bytes for span in found.ram_blame[0].live} == {
        "binary_conv_2": 4 * 30 * 30 * 128,
        "pool_bn_1": 4 * 15 * 15 * 128,
        "input": 4 * 32 * 32 * 3,
    }
    lives = [step.live_bytes for step in found.ram_blame]
    assert lives == sorted(lives, reverse=True)
    assert all(live > 256 * KIB for live in lives)
    others = set(binarynet().timeline.steps) - set(found.ram_blame)
    assert all(step.live_bytes <= 256 * KIB for step in others)


def test_gaps_alone_are_named_as_such() -> None:
    report = next(
        report
        for name in ("melius-net-22", "binary-densenet-28", "real-to-binary-net", "reactnet-a", "reactnet-cifar")
        if (report := cost(preset(name))).timeline.wasted_bytes > 0
    )
    found = held(None, report.timeline.peak.live_bytes, report)
    assert found.exceeded
    assert found.only_gaps_exceed
    assert found.ram_blame == (report.timeline.peak,)
    assert not held(None, report.timeline.peak.live_bytes - 1, report).only_gaps_exceed


def test_a_side_without_a_limit_is_not_held() -> None:
    found = held(None, None)
    assert not found.exceeded
    assert (found.to_data()["flash"], found.to_data()["ram"]) == (None, None)
    assert held(0, None).to_data()["ram"] is None


def test_the_data_names_limits_and_layers() -> None:
    data = held(1 * MIB, 256 * KIB).to_data()
    assert data["exceeded"] is True
    assert data["flash"]["limit_bytes"] == 1 * MIB
    assert data["flash"]["layers"][0]["layer"] == "binary_dense_1"
    assert data["ram"]["used_bytes"] == 588_288
    assert data["ram"]["moments"][0]["tensors"][0] == {
        "name": "binary_conv_2", "path": "binary_conv_2", "size_bytes": 460_800, "role": "float",
    }  # fmt: skip
    assert "code" in data["not_counted"]


def test_a_devices_budget_is_its_memory() -> None:
    assert device_budget("stm32l475-iot") == Budget(1 * MIB, 96 * KIB, "B-L475E-IOT01A")
    assert device_budget("gap8") == Budget(None, 512 * KIB, "GAP8", ("The amount of flash is unknown.",))
    assert device_budget("raspberry-pi-zero").flash_bytes is None
    assert "all of the RAM" in device_budget("esp32").notes[0]
    with pytest.raises(BnnDesignerError, match="Choose one of"):
        device_budget("toaster")


def test_a_design_that_cannot_be_deployed_cannot_be_held() -> None:
    blocks = (b.BinaryConv(id="c", filters=32, groups=2), b.GlobalPool(id="p"), b.Head(id="h"))
    report = cost(Design(name="groups of 16", input_shape=(8, 8, 32), classes=10, blocks=blocks))
    with pytest.raises(BnnDesignerError, match=r"^c: .* no deployed size"):
        held(1, None, report)
