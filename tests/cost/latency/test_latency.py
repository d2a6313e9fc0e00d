"""The latency model: least squares by hand, synthetic devices, what is left out, and what is published."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import astuple, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.cost import DeployOptions, NotDeployable, cost
from bnn_designer.cost.deployed import DeployedCost
from bnn_designer.cost.latency.devices import SOURCES, latencies, latency_by_block, latency_model, latency_on
from bnn_designer.cost.latency.formula import latency_formulas
from bnn_designer.cost.latency.markdown import FAMILIES, families_left_out, tables
from bnn_designer.cost.latency.model import Estimate, LatencyModel, NoLatency, Sample, Work, operator_works, work
from bnn_designer.cost.latency.nnls import nonnegative_least_squares
from bnn_designer.cost.latency.published import M1_MS, PIXEL_1_MS, RASPBERRY_PI_4B_MS, WORK
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import preset


def test_least_squares_of_a_line() -> None:
    # y = 2 u + 3 v, met exactly
    assert nonnegative_least_squares([(1, 0), (0, 1), (1, 1)], [2, 3, 2 + 3]) == pytest.approx((2, 3))


def test_a_coefficient_that_would_be_negative_is_zero() -> None:
    # The free solution is (2, -1); with v = 0 the best u is (1 * 2 + 1 * 1) / (1 + 1).
    assert nonnegative_least_squares([(1, 0), (1, 1)], [2, 1]) == pytest.approx(((2 + 1) / 2, 0))


def test_columns_that_say_the_same_are_not_both_needed() -> None:
    u, v = nonnegative_least_squares([(1, 2), (2, 4)], [3, 6])
    assert u + 2 * v == pytest.approx(3)


def test_a_column_of_nothing_has_no_coefficient() -> None:
    assert nonnegative_least_squares([(0, 1), (0, 2)], [3, 6]) == pytest.approx((0, 3))


@pytest.mark.parametrize(("rows", "targets"), [([], []), ([(1,)], [1, 2])])
def test_least_squares_needs_rows_and_as_many_targets(rows: list[tuple[float]], targets: list[float]) -> None:
    with pytest.raises(ValueError, match="targets"):
        nonnegative_least_squares(rows, targets)


@given(
    st.lists(st.tuples(*[st.integers(0, 1000)] * 3), min_size=1, max_size=8),
    st.lists(st.integers(-1000, 1000), min_size=8, max_size=8),
)
def test_no_small_step_within_the_bounds_is_better(rows: list[tuple[int, ...]], values: list[int]) -> None:
    targets = values[: len(rows)]
    found = nonnegative_least_squares(rows, targets)
    assert min(found) >= 0
    # The gradient of half the squares is 0 where a coefficient is positive, and not negative where it is 0.
    errors = [sum(x * a for x, a in zip(found, row, strict=True)) - t for row, t in zip(rows, targets, strict=True)]
    for column, value in enumerate(found):
        slope = sum(error * row[column] for error, row in zip(errors, rows, strict=True))
        steepest = sum(abs(t * row[column]) for t, row in zip(targets, rows, strict=True)) + 1
        assert slope >= -1e-6 * steepest
        assert value == 0 or slope <= 1e-6 * steepest


amounts = st.builds(
    Work, st.integers(10**8, 10**10), st.integers(10**7, 10**9), st.integers(10**6, 10**9), st.integers(10, 300)
)
rates = st.tuples(st.floats(1e-9, 1e-7), st.floats(1e-8, 1e-6), st.floats(1e-9, 1e-7), st.floats(1e-3, 1e-1))


def sampled(amounts: list[Work], device: tuple[float, ...]) -> list[Sample]:
    """Networks that a device with these coefficients runs in exactly their time."""
    return [
        Sample(f"network {i}", amount, sum(rate * count for rate, count in zip(device, astuple(amount), strict=True)))
        for i, amount in enumerate(amounts)
    ]


@given(st.lists(amounts, min_size=6, max_size=10, unique=True), rates, amounts)
def test_a_synthetic_device_is_recovered(networks: list[Work], device: tuple[float, ...], other: Work) -> None:
    samples = sampled(networks, device)
    model = LatencyModel.fit(samples)
    for one in samples:
        assert model.predict(one.work) == pytest.approx(one.ms, rel=1e-4)


def test_the_coefficients_of_a_synthetic_device_are_recovered() -> None:
    device = (1e-8, 1.5e-7, 7e-8, 0.05)
    networks = [Work(i * 10**9, (7 * i % 5 + 1) * 10**7, (i**2 % 7 + 1) * 10**7, 10 + 11 * i % 13) for i in range(1, 9)]
    model = LatencyModel.fit(sampled(networks, device))
    assert model.coefficients == pytest.approx(device, rel=1e-6)
    assert model.max_error < 1e-6
    assert model.predict(Work(0, 0, 0, 100)) == pytest.approx(100 * 0.05)


@given(amounts, st.sampled_from(["binary_macs", "float_macs", "activation_bytes", "operators"]), st.integers(1, 10**9))
def test_more_work_never_takes_less_time(amount: Work, part: str, more: int) -> None:
    larger = replace(amount, **{part: getattr(amount, part) + more})
    for device in SOURCES:
        assert latency_model(device).predict(larger) >= latency_model(device).predict(amount)


@pytest.mark.parametrize("device", SOURCES)
@pytest.mark.parametrize("name", ["quicknet-small", "quicknet-large"])
def test_a_network_that_is_left_out_does_not_predict_itself(device: str, name: str) -> None:
    """With its own latency ten times as long, its prediction stays the same and that of another one moves."""
    model = latency_model(device)
    changed = [replace(one, ms=10 * one.ms) if one.name == name else one for one in model.samples]
    if model.base is None:
        again = LatencyModel.fit(changed)
    else:
        # The base learns from the same network; what it saw of it must not come back through there.
        base = [replace(one, ms=10 * one.ms) if one.name == name else one for one in model.base.samples]
        again = LatencyModel.scaled(changed, LatencyModel.fit(base))
    before = {one.name: one.predicted_ms for one in model.left_out}
    after = {one.name: one.predicted_ms for one in again.left_out}
    assert after[name] == before[name]
    assert after["quicknet"] != before["quicknet"]


def test_errors_are_those_of_the_networks_left_out() -> None:
    # One network of 1 ms and one of 3 ms for the same work: each predicts its own time for the other.
    amount = Work(10**9, 10**8, 10**7, 50)
    model = LatencyModel.fit([Sample("a", amount, 1.0), Sample("b", amount, 3.0)])
    assert [one.relative_error for one in model.left_out] == pytest.approx([3 / 1 - 1, 1 / 3 - 1])
    assert model.mean_error == pytest.approx((2 + 2 / 3) / 2)
    assert model.max_error == pytest.approx(2)
    # Relative squares: (x - 1)^2 + (x / 3 - 1)^2 is least at x = (1 + 1 / 3) / (1 + 1 / 9).
    assert model.predict(amount) == pytest.approx((1 + 1 / 3) / (1 + 1 / 9))


def test_a_factor_between_devices_is_found_and_adds_the_base_models_error() -> None:
    base = latency_model("pixel-1")
    twice = [replace(one, ms=2 * base.predict(one.work)) for one in base.samples]
    model = LatencyModel.scaled(twice, base)
    assert model.coefficients == pytest.approx([2 * each for each in base.coefficients])
    own = [abs(one.relative_error) for one in model.left_out]
    assert model.mean_error == pytest.approx(sum(own) / len(own) + base.mean_error)
    assert model.max_error == pytest.approx(max(own) + base.max_error)


@pytest.mark.parametrize("count", [0, 1])
def test_there_is_no_model_without_something_to_leave_out(count: int) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        LatencyModel.fit([Sample("a", Work(1, 1, 1, 1), 1.0)] * count)


@pytest.mark.parametrize("ms", [0.0, -1.0, float("nan")])
def test_a_latency_is_positive(ms: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        LatencyModel.fit([Sample("a", Work(1, 1, 1, 1), ms), Sample("b", Work(1, 1, 1, 1), 1.0)])


def published_work(name: str) -> Work:
    return work(cost(preset(name), DeployOptions(binary_dense="float")).program, folded=True)


@pytest.mark.parametrize("name", WORK)
def test_the_work_of_the_measured_networks_is_that_of_the_presets(name: str) -> None:
    assert published_work(name) == WORK[name]


def test_every_network_with_a_published_latency_is_fitted() -> None:
    assert set(PIXEL_1_MS) == set(WORK)
    assert set(RASPBERRY_PI_4B_MS) == set(M1_MS) == {"quicknet-small", "quicknet", "quicknet-large"}
    assert PIXEL_1_MS["quicknet"] == 27.4


def test_the_fit_of_the_published_figures_stays_what_the_documentation_says() -> None:
    shown = {name: (model.mean_error, model.max_error) for name in SOURCES if (model := latency_model(name))}
    assert shown["pixel-1"] == pytest.approx((0.12, 0.43), abs=0.005)
    assert shown["raspberry-pi-4b"] == pytest.approx((0.14, 0.47), abs=0.005)
    assert shown["apple-m1"] == pytest.approx((0.17, 0.52), abs=0.005)
    assert all(value > 0 for value in latency_model("pixel-1").coefficients)


def test_work_by_hand() -> None:
    design = Design(
        name="two",
        input_shape=(8, 8, 32),
        classes=10,
        blocks=(
            b.BinaryConv(id="c", filters=32, kernel_size=(3, 3), batch_norm=None),
            b.GlobalPool(id="p"),
            b.Head(id="h"),
        ),
    )
    program = cost(design).program
    assert [op.kind for op in program.operators] == [
        "LceQuantize", "LceBconv2d", "AVERAGE_POOL_2D", "FULLY_CONNECTED", "SOFTMAX",
    ]  # fmt: skip
    image, signs, sums, pooled, logits = 8 * 8 * 32 * 4, 8 * 8 * 4, 8 * 8 * 32 * 4, 32 * 4, 10 * 4
    assert work(program) == Work(
        binary_macs=8 * 8 * 3 * 3 * 32 * 32,
        float_macs=32 * 10,
        activation_bytes=image + signs + signs + sums + sums + pooled + pooled + logits + logits + logits,
        operators=5,
    )


def test_kernels_that_need_no_image_are_work_unless_folded() -> None:
    program = cost(preset("xnor-net"), DeployOptions(binary_dense="float")).program
    everything, folded = work(program), work(program, folded=True)
    assert everything.operators - folded.operators == len(program.operators) - 28
    assert everything.activation_bytes > 100 * folded.activation_bytes
    assert everything.float_macs == folded.float_macs


def deployed(name: str) -> DeployedCost:
    found = cost(preset(name)).deployed
    assert isinstance(found, DeployedCost)
    return found


def test_an_estimate_has_its_error_and_says_where_it_extrapolates() -> None:
    inside, outside = latency_on("pixel-1", deployed("quicknet")), latency_on("pixel-1", deployed("binarynet"))
    assert isinstance(inside, Estimate)
    assert isinstance(outside, Estimate)
    assert str(inside) == "27 ms ± 12 %"
    assert inside.extrapolated == ()
    assert str(outside) == "6.5 ms ± 12 %, extrapolated"
    assert outside.extrapolated[:2] == (
        "511 M binary MACs, fitted on 710 M to 7.77 G",
        "3.11 M float MACs, fitted on 15.9 M to 453 M",
    )
    assert inside.to_data()["state"] == "estimated"
    assert inside.to_data()["mean_relative_error"] == latency_model("pixel-1").mean_error


def test_an_estimate_opens_to_its_formula() -> None:
    found = latency_formulas(WORK["quicknet"])
    assert set(found) == set(SOURCES)
    for device, opened in found.items():
        assert opened.value == pytest.approx(latency_model(device).predict(WORK["quicknet"]))
        assert eval(opened.numbers.replace(",", "")) == pytest.approx(opened.value)
    assert found["pixel-1"].symbolic == (
        "ms for binary MACs * binary MACs + ms for float MACs * float MACs + ms for bytes of activations * bytes of "
        "activations + ms for operators * operators"
    )
    assert "± 12 %" in found["pixel-1"].source


def test_a_device_without_published_figures_is_unknown() -> None:
    found = latency_on("stm32h743-nucleo", deployed("quicknet"))
    assert found == NoLatency("NUCLEO-H743ZI2", "unknown", found.reason)  # type: ignore[union-attr]
    assert "ms" not in found.to_data()


def test_a_design_that_cannot_be_deployed_has_no_latency() -> None:
    # LCE has binary convolutions in groups of whole words of 32 channels only.
    refused = cost(
        Design(
            name="groups of 16",
            input_shape=(8, 8, 32),
            classes=10,
            blocks=(b.BinaryConv(id="c", filters=32, groups=2), b.GlobalPool(id="p"), b.Head(id="h")),
        )
    ).deployed
    assert isinstance(refused, NotDeployable)
    assert {one.to_data()["state"] for one in latencies(refused)} == {"unsupported"}


def test_there_is_a_latency_or_a_reason_for_every_device() -> None:
    found = latencies(deployed("quicknet"))
    assert [one.device for one in found] == ["Pixel 1", "Raspberry Pi 4B", "Apple M1", "this machine"]
    assert [type(one).__name__ for one in found[:3]] == ["Estimate"] * 3


def test_the_documentation_has_the_tables_as_they_are() -> None:
    text = (Path(__file__).parents[3] / "docs" / "latency.md").read_text()
    assert "\n".join(tables()) in text


def test_families_are_left_out_whole() -> None:
    assert {name for names in FAMILIES.values() for name in names} == set(PIXEL_1_MS)
    found = families_left_out()
    assert {family: tuple(sorted(one.name for one in left_out)) for family, left_out in found.items()} == {
        family: tuple(sorted(names)) for family, names in FAMILIES.items()
    }
    # The only network of its family is left out alone as well.
    (alone,) = found["MeliusNet"]
    assert alone in latency_model("pixel-1").left_out


def test_the_model_needs_no_numpy() -> None:
    program = "import sys, bnn_designer.cost.latency.devices; print('numpy' in sys.modules, 'scipy' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("device", SOURCES)
@pytest.mark.parametrize("name", ["binarynet", "bi-real-cifar"])
def test_what_blocks_take_sums_to_the_estimate(device: str, name: str) -> None:
    deployed = cost(preset(name)).deployed
    assert isinstance(deployed, DeployedCost)
    estimate = latency_on(device, deployed)
    assert isinstance(estimate, Estimate)
    shares = latency_by_block(device, deployed.program)
    assert sum(shares.values()) == pytest.approx(estimate.ms)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    assert set(shares) == {op.path for op in deployed.program.operators}


def test_the_work_of_operators_sums_to_the_program_s() -> None:
    deployed = cost(preset("bi-real-cifar")).deployed
    assert isinstance(deployed, DeployedCost)
    for folded in (False, True):
        parts = operator_works(deployed.program, folded=folded)
        sums = [sum(column) for column in zip(*(astuple(part) for part in parts.values()), strict=True)]
        assert Work(*sums) == work(deployed.program, folded=folded)
        assert all(part.operators == 1 for part in parts.values())
    first = next(iter(operator_works(deployed.program).values()))
    op = deployed.program.operators[0]
    # a float convolution: it reads the image, 32 x 32 x 3 floats, and writes its output
    assert (first.binary_macs, first.float_macs) == (0, op.macs)
    assert first.activation_bytes == 32 * 32 * 3 * 4 + op.output.size_bytes
