from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given

from bnn_designer.cost import CostReport, DeployedCost, DeployOptions, cost
from bnn_designer.cost.devices.catalogue import DEVICES
from bnn_designer.cost.devices.fit import fits
from bnn_designer.cost.latency.devices import SOURCES, latency_on
from bnn_designer.cost.latency.model import Estimate
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import preset
from bnn_designer.ui.design.totals.figures import CONVENTIONS, USUAL_DEVICE, Convention, Total, totals
from bnn_designer.units import UNKNOWN, bytes_text, count_text, ms_text, percent_text
from tests.strategies import designs

OPTIONS = DeployOptions()
NAMES = (
    "params",
    "file_bytes",
    "binary_macs",
    "float_macs",
    "ops",
    "arena_bytes",
    "live_lower_bound_bytes",
    "latency_ms",
    "fits",
)


def by_name(design: Design, convention: Convention = "larq", device: str | None = None) -> dict[str, Total]:
    return {total.name: total for total in totals(design, OPTIONS, convention, device)}


def report_of(name: str) -> tuple[CostReport, DeployedCost]:
    report = cost(preset(name))
    assert isinstance(report.deployed, DeployedCost)
    return report, report.deployed


# ---- each figure is the report's


def test_weights_and_file() -> None:
    report, deployed = report_of("bi-real-cifar")
    found = by_name(preset("bi-real-cifar"))
    assert (found["params"].value, found["params"].text) == (report.larq.params, count_text(report.larq.params))
    assert f"{report.larq.params_by_bits[1]:,} of 1 bit" in found["params"].help
    assert found["params"].note == f"{bytes_text(report.memory_bytes)} of weights"
    assert found["file_bytes"].value == deployed.file_bytes
    assert found["file_bytes"].text == bytes_text(deployed.file_bytes)
    assert f"{deployed.file_bytes:,} bytes" in found["file_bytes"].help


def test_products_by_larq_s_convention() -> None:
    report, _ = report_of("bi-real-cifar")
    found = by_name(preset("bi-real-cifar"), "larq")
    macs = report.larq.macs_by_bits
    assert set(macs) == {1, 32}
    assert found["binary_macs"].value == macs[1]
    assert found["float_macs"].value == macs[32]
    assert found["ops"].value == round(macs[1] / 64 + macs[32])
    assert found["float_macs"].note == "of 32 bits"


def test_products_as_deployed() -> None:
    _, deployed = report_of("binarynet")
    found = by_name(preset("binarynet"), "deployed")
    assert found["binary_macs"].value == deployed.binary_macs
    assert found["float_macs"].value == deployed.float_macs
    assert found["ops"].value == round(deployed.binary_macs / 64 + deployed.float_macs)


def test_products_of_more_widths_are_named_with_them() -> None:
    # its inputs have 2 bits, its weights one: neither is binary, nor float
    found = by_name(preset("dorefa-net"), "larq")
    report = cost(preset("dorefa-net"))
    others = {bits: macs for bits, macs in report.larq.macs_by_bits.items() if bits > 1}
    assert len(others) > 1
    assert found["float_macs"].value == sum(others.values())
    assert all(str(bits) in found["float_macs"].note for bits in others)


def test_memory_is_of_the_deployed_program_whatever_the_convention() -> None:
    report, deployed = report_of("bi-real-cifar")
    for convention in CONVENTIONS:
        found = by_name(preset("bi-real-cifar"), convention)
        assert found["arena_bytes"].value == deployed.arena_bytes
        assert found["live_lower_bound_bytes"].value == report.timeline.peak.live_bytes
        assert found["live_lower_bound_bytes"].note == f"at {report.timeline.peak.name}"


@pytest.mark.parametrize("device", [None, *SOURCES])
def test_a_latency_never_stands_without_its_error(device: str | None) -> None:
    _, deployed = report_of("quicknet")
    total = by_name(preset("quicknet"), device=device)["latency_ms"]
    estimate = latency_on(device or USUAL_DEVICE, deployed)
    assert isinstance(estimate, Estimate)
    assert total.value == estimate.ms
    assert total.text == f"{ms_text(estimate.ms, 2)} ± {percent_text(estimate.mean_error, 0)}"
    assert total.note.startswith(DEVICES[device or USUAL_DEVICE].name)
    assert percent_text(estimate.max_error, 0) in total.help
    assert estimate.source in total.help


def test_a_latency_beyond_what_was_measured_says_so() -> None:
    _, deployed = report_of("bi-real-cifar")
    estimate = latency_on(USUAL_DEVICE, deployed)
    assert isinstance(estimate, Estimate)
    assert estimate.extrapolated
    total = by_name(preset("bi-real-cifar"))["latency_ms"]
    assert total.note.endswith("extrapolated")
    assert all(reason in total.help for reason in estimate.extrapolated)


def test_a_device_without_published_latencies_has_none() -> None:
    device = next(name for name in DEVICES if name not in SOURCES)
    total = by_name(preset("bi-real-cifar"), device=device)["latency_ms"]
    assert (total.value, total.text, total.note) == (None, "not known", DEVICES[device].name)
    assert "no latencies" in total.help


def test_how_many_devices_it_fits() -> None:
    _, deployed = report_of("bi-real-cifar")
    total = by_name(preset("bi-real-cifar"))["fits"]
    states = [one.state for one in fits(deployed)]
    assert (total.value, total.text) == (states.count("fits"), f"{states.count('fits')} of {len(DEVICES)}")
    assert not total.lower_is_better


@pytest.mark.parametrize("device", DEVICES)
def test_whether_it_fits_the_chosen_device(device: str) -> None:
    _, deployed = report_of("bi-real-cifar")
    one = next(one for one in fits(deployed) if one.key == device)
    total = by_name(preset("bi-real-cifar"), device=device)["fits"]
    assert (total.value, total.text, total.note) == (None, one.state, one.device.name)
    assert total.help


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("name", ["bi-real-cifar", "binarynet", "dorefa-net"])
def test_what_opens_has_a_formula_with_the_same_value(name: str, convention: Convention) -> None:
    report = cost(preset(name))
    formulas = report.formulas()
    for total in by_name(preset(name), convention).values():
        for rule, figure in total.formulas:
            assert formulas[rule][figure].numbers
        if len(total.formulas) == 1 and total.formulas[0][1] == total.name:
            (rule,) = {rule for rule, _ in total.formulas}
            assert formulas[rule][total.name].value == pytest.approx(total.value, abs=0.5)


# ---- what is not known


def test_of_an_unfinished_design_what_is_there_is_counted() -> None:
    design = Design(input_shape=(8, 8, 3), blocks=(b.Conv(filters=8), b.BinaryConv(filters=8)))
    found = by_name(design)
    assert found["params"].value == 9 * 3 * 8 + 9 * 8 * 8
    assert found["params"].note == f"{9 * 3 * 8 * 4 + 9 * 8 * 8 // 8} B so far"
    assert found["binary_macs"].value == 9 * 8 * 8 * 64
    assert found["float_macs"].value == 9 * 3 * 8 * 64
    assert found["binary_macs"].note == "so far"
    assert not any(total.formulas for total in found.values())
    rest = [found[name] for name in NAMES if name not in ("params", "binary_macs", "float_macs", "ops")]
    assert {(total.value, total.text) for total in rest} == {(None, UNKNOWN)}
    assert {total.text for name, total in by_name(design, "deployed").items() if name.endswith("macs")} == {UNKNOWN}


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_of_an_empty_design_nothing_is_known(convention: Convention) -> None:
    found = by_name(Design(), convention)
    assert tuple(found) == NAMES
    assert {(total.value, total.text) for total in found.values()} == {(None, UNKNOWN)}
    assert all(total.help.startswith("Needs a complete network.") for total in found.values())


def test_an_error_is_in_the_help_of_what_it_hides() -> None:
    broken = b.Conv(filters=8, kernel_size=(99, 99), padding="valid")
    found = by_name(Design(blocks=(b.Conv(filters=8), broken, b.GlobalPool(), b.Head())))
    assert "kernel of 99 x 99 is larger" in found["file_bytes"].help
    assert found["file_bytes"].text == UNKNOWN
    assert "conv_2" in found["file_bytes"].help
    # that the network goes on is at no block
    going_on = by_name(Design(blocks=(b.Conv(filters=8),)))["file_bytes"].help
    assert going_on.startswith("Needs a complete network. The design does not end in a head")


def test_what_cannot_be_deployed_has_larq_s_counts_alone() -> None:
    found = by_name(preset("dorefa-net"))
    report = cost(preset("dorefa-net"))
    assert found["params"].value == report.larq.params
    assert found["binary_macs"].value is not None
    assert found["live_lower_bound_bytes"].note.endswith("if it could run")
    for name in ("file_bytes", "arena_bytes", "latency_ms", "fits"):
        assert (found[name].value, found[name].text) == (None, "not deployable")
        assert "no kernel for inputs of 2 bits" in found[name].help
    deployed = by_name(preset("dorefa-net"), "deployed")
    assert {deployed[name].text for name in ("binary_macs", "float_macs", "ops")} == {"not deployable"}


@given(designs())
def test_every_document_has_all_totals_and_no_number_for_what_is_not_known(design: Design) -> None:
    for convention in CONVENTIONS:
        found = by_name(design, convention)
        assert tuple(found) == NAMES
        for total in found.values():
            assert total.text
            assert total.help
            assert "None" not in total.text + total.note + total.help
            if total.value is None:
                assert not any(sign.isdigit() for sign in total.text)
                assert not total.formulas


def test_a_network_without_binary_products_has_none_and_not_an_unknown() -> None:
    """0 is known here."""
    design = Design(input_shape=(8, 8, 3), blocks=(b.Conv(filters=8), b.GlobalPool(), b.Head()))
    make = partial(by_name, design)
    assert make("larq")["binary_macs"].value == make("deployed")["binary_macs"].value == 0
    only_binary = Design(input_shape=(8, 8, 3), blocks=(b.BinaryConv(filters=8),))
    assert by_name(only_binary)["float_macs"].value == 0
    assert by_name(only_binary)["float_macs"].note == "so far"
