"""The catalogue, and which devices a design fits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bnn_designer.cost import cost
from bnn_designer.cost.deployed import DeployedCost, NotDeployable
from bnn_designer.cost.devices.catalogue import DEVICES
from bnn_designer.cost.devices.fit import fit, fits
from bnn_designer.cost.devices.markdown import table
from bnn_designer.cost.latency.devices import SOURCES
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import preset
from bnn_designer.errors import BnnDesignerError

KIB = 1024


def deployed(name: str) -> DeployedCost:
    found = cost(preset(name)).deployed
    assert isinstance(found, DeployedCost)
    return found


def small() -> DeployedCost:
    """A few KiB of weights and of activations, so that it fits all that there is."""
    blocks = (b.Conv(id="c", filters=8, strides=(2, 2)), b.GlobalPool(id="p"), b.Head(id="h"))
    found = cost(Design(name="small", input_shape=(16, 16, 3), classes=10, blocks=blocks)).deployed
    assert isinstance(found, DeployedCost)
    return found


@pytest.mark.parametrize("key", DEVICES)
def test_every_entry_is_whole(key: str) -> None:
    device = DEVICES[key]
    assert device.name
    assert device.source
    assert device.ram_bytes is not None
    assert 0 < (device.ram_block_bytes or 1) <= device.ram_bytes
    # A microcontroller has flash, or a note says why it is not known; a computer has storage.
    assert (device.flash_bytes is None) or not device.storage
    assert device.flash_bytes is not None or device.storage or "lash" in device.note


def test_the_documentation_has_the_catalogue_as_it_is() -> None:
    text = (Path(__file__).parents[3] / "docs" / "devices.md").read_text()
    assert "\n".join(table()) in text


def test_names_and_order() -> None:
    assert len({device.name for device in DEVICES.values()}) == len(DEVICES)
    sizes = [device.ram_bytes or 0 for device in DEVICES.values()]
    assert sizes == sorted(sizes)
    assert set(SOURCES) <= set(DEVICES)


def test_datasheet_figures() -> None:
    assert (DEVICES["stm32f746-disco"].flash_bytes, DEVICES["stm32f746-disco"].ram_bytes) == (1024 * KIB, 320 * KIB)
    assert (DEVICES["raspberry-pi-pico"].flash_bytes, DEVICES["raspberry-pi-pico"].ram_bytes) == (2048 * KIB, 264 * KIB)
    # SRAM1 and SRAM2 are apart, and an arena is in one piece.
    assert DEVICES["stm32l475-iot"].ram_bytes == (96 + 32) * KIB
    assert DEVICES["stm32l475-iot"].arena_limit_bytes == 96 * KIB


def test_what_is_short_is_the_difference() -> None:
    binarynet = deployed("binarynet")
    found = fit("stm32f746-disco", binarynet)
    assert found.state == "too small"
    assert found.flash_short_bytes == binarynet.file_bytes - 1024 * KIB
    assert found.ram_short_bytes == 588_288 - 320 * KIB
    assert found.reason == "290 KiB of flash short, 254 KiB of RAM short"


def test_only_what_is_short_is_named() -> None:
    found = fit("raspberry-pi-pico", deployed("binarynet"))
    assert (found.flash_short_bytes, found.ram_short_bytes) == (0, 588_288 - 264 * KIB)
    assert "flash" not in found.reason


def test_a_small_design_fits_where_everything_is_known() -> None:
    states = {found.key: found.state for found in fits(small())}
    assert {key for key, state in states.items() if state == "unknown"} == {
        "max78000fthr", "sparkfun-edge", "gap8", "esp32-s3", "esp32",
    }  # fmt: skip
    assert {state for key, state in states.items() if DEVICES[key].storage} == {"fits"}
    assert "too small" not in states.values()


def test_what_is_unknown_is_said() -> None:
    found = fit("gap8", small())
    assert (found.state, found.flash_short_bytes, found.ram_short_bytes) == ("unknown", None, 0)
    assert found.reason == "not known: the amount of flash"
    assert fit("esp32", small()).reason == "not known: the largest contiguous RAM"
    # Too much for all of the RAM is too much for a piece of it.
    assert fit("esp32", deployed("binarynet")).state == "too small"


def test_files_of_a_computer_are_not_held_to_flash() -> None:
    found = fit("raspberry-pi-zero", deployed("binary-densenet-45"))
    assert (found.state, found.flash_short_bytes, found.ram_short_bytes) == ("fits", None, 0)
    assert found.reason == "the file is on a card of any size"


def test_exactly_enough_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    design = small()
    whole = replace(DEVICES["stm32f746-disco"], flash_bytes=design.file_bytes, ram_block_bytes=design.arena_bytes)
    monkeypatch.setitem(DEVICES, "whole", whole)
    assert fit("whole", design).state == "fits"
    monkeypatch.setitem(DEVICES, "whole", replace(whole, ram_block_bytes=design.arena_bytes - 1))
    assert (fit("whole", design).state, fit("whole", design).ram_short_bytes) == ("too small", 1)


def test_a_design_that_cannot_be_deployed_fits_nothing_and_says_why() -> None:
    blocks = (b.BinaryConv(id="c", filters=32, groups=2), b.GlobalPool(id="p"), b.Head(id="h"))
    refused = cost(Design(name="groups of 16", input_shape=(8, 8, 32), classes=10, blocks=blocks)).deployed
    assert isinstance(refused, NotDeployable)
    found = fit("raspberry-pi-4b", refused)
    assert (found.state, found.flash_short_bytes, found.ram_short_bytes) == ("unsupported", None, None)
    assert found.reason.startswith("c: ")


def test_an_unknown_device_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(BnnDesignerError, match="raspberry-pi-pico"):
        fit("toaster", small())


def test_the_data_is_plain() -> None:
    data = fit("gap8", small()).to_data()
    assert data["device"] == "gap8"
    assert data["flash_bytes"] is None
    assert data["ram_bytes"] == 512 * KIB
    assert data["source"].startswith("GreenWaves")
