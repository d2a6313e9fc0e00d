"""The stored measurement of this machine: absent, unusable, of another machine, and used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bnn_designer.cost import cost
from bnn_designer.cost.deployed import DeployedCost
from bnn_designer.cost.latency.calibration import (
    NOT_MEASURED,
    THIS_MACHINE,
    calibration_path,
    load_calibration,
    machine_name,
    store_calibration,
    this_machine,
)
from bnn_designer.cost.latency.devices import latency_on
from bnn_designer.cost.latency.model import Estimate, NoLatency, Sample, Work, work
from bnn_designer.design.presets import preset

SAMPLES = (Sample("a", Work(10**9, 10**7, 10**7, 20), 20.0), Sample("b", Work(2 * 10**9, 10**7, 10**7, 20), 40.0))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BNN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_without_a_measurement_the_state_is_named() -> None:
    assert this_machine(SAMPLES[0].work) == NoLatency(THIS_MACHINE, "not calibrated", NOT_MEASURED)
    assert "bnn-designer calibrate" in NOT_MEASURED


def test_a_stored_measurement_is_found_again_and_used() -> None:
    stored = store_calibration("test engine 1", SAMPLES)
    assert load_calibration() == stored
    # Time is proportional to binary MACs here, and so is the model that these two samples give.
    found = this_machine(Work(3 * 10**9, 10**7, 10**7, 20))
    assert isinstance(found, Estimate)
    assert found.source == "measured here with test engine 1"
    assert found.samples == 2
    assert found.extrapolated == ("3.00 G binary MACs, fitted on 1.00 G to 2.00 G",)


def test_a_report_uses_it() -> None:
    store_calibration("test engine 1", SAMPLES)
    deployed = cost(preset("quicknet")).deployed
    assert isinstance(deployed, DeployedCost)
    found = latency_on(THIS_MACHINE, deployed)
    assert found == this_machine(work(deployed.program))
    assert isinstance(found, Estimate)


def test_a_second_measurement_takes_the_place_of_the_first() -> None:
    store_calibration("test engine 1", SAMPLES)
    assert store_calibration("test engine 2", SAMPLES) == load_calibration()


def test_a_single_network_is_no_calibration(cache: Path) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        store_calibration("test engine 1", SAMPLES[:1])
    assert not cache.exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "cannot be read"),
        ("[]", "does not hold a calibration"),
        ('{"schema": 1}', "does not hold a calibration"),
        ('{"schema": 99}', "schema 99"),
        ('{"schema": 1, "machine": "m", "engine": "e", "samples": [{"name": "a"}]}', "does not hold a calibration"),
        ('{"schema": 1, "machine": "m", "engine": "e", "samples": []}', "at least 2"),
    ],
)
def test_an_unusable_file_is_a_state_that_says_how_to_mend_it(text: str, why: str) -> None:
    calibration_path().parent.mkdir(parents=True)
    calibration_path().write_text(text)
    found = load_calibration()
    assert isinstance(found, NoLatency)
    assert found.state == "not calibrated"
    assert why in found.reason
    assert "bnn-designer calibrate" in found.reason


def test_another_machines_measurement_is_not_taken() -> None:
    store_calibration("test engine 1", SAMPLES)
    data = json.loads(calibration_path().read_text())
    assert data["machine"] == machine_name() != ""
    calibration_path().write_text(json.dumps(data | {"machine": "another processor"}))
    found = load_calibration()
    assert isinstance(found, NoLatency)
    assert "another processor" in found.reason
