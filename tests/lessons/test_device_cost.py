"""What the small network costs as arithmetic of its layers, and the front of the puzzle held to its definition."""

from __future__ import annotations

import pytest

from bnn_designer.cost import DeployedCost, cost
from bnn_designer.cost.budget import Budget, hold
from bnn_designer.lessons import lesson_named
from bnn_designer.lessons.budget_puzzle import (
    FLASH_BYTES,
    KEPT,
    RAM_BYTES,
    WIDTHS,
    Priced,
    beaten_in,
    beats,
    every,
    front,
    macs,
)
from bnn_designer.lessons.device_cost import device_cost
from bnn_designer.lessons.small_net import STAGES, Layer, Layers, network
from bnn_designer.units import bytes_text, percent_text

FLOAT, BINARY, SHORTCUTS = (device_cost(network(stage.layers)) for stage in STAGES)
LESSON = lesson_named("device-cost")
assert LESSON is not None
SAID = LESSON.parts[0].after

IMAGE = 32 * 32 * 3 * 4
FLOATS = 16 * 16 * 32 * 4  # what the first layer writes
SIGNS = FLOATS // 32


# ---- operator by operator


def test_the_first_layer_unfolds_27_numbers_of_the_image_for_each_pixel() -> None:
    for one in (FLOAT, BINARY, SHORTCUTS):
        first = one.moments[0]
        assert first.live_bytes == {"image": IMAGE, "float": FLOATS, "working memory": 16 * 16 * 3 * 3 * 3 * 4}
        assert first.constant_bytes == (3 * 3 * 3 * 32 + 32) * 4


def test_memory_at_the_layer_behind_it() -> None:
    layers = [next(moment for moment in one.moments if moment.name == "layer_1") for one in (FLOAT, BINARY, SHORTCUTS)]
    assert layers[0].live_bytes == {"image": IMAGE, "float": 2 * FLOATS, "working memory": 16 * 16 * 3 * 3 * 32 * 4}
    assert layers[1].live_bytes == {"image": IMAGE, "binary": 2 * SIGNS}
    assert layers[2].live_bytes == {"image": IMAGE, "binary": SIGNS, "float": 2 * FLOATS}


def test_constants_and_times_add_up_to_what_the_cost_model_says_of_the_whole() -> None:
    for stage in STAGES:
        one, deployed = device_cost(network(stage.layers)), cost(network(stage.layers)).deployed
        assert isinstance(deployed, DeployedCost)
        assert sum(moment.constant_bytes for moment in one.moments) == deployed.weight_bytes
        assert sum(moment.ms for moment in one.moments) == pytest.approx(one.latency.ms)
        assert max(moment.ram_bytes for moment in one.moments) == deployed.live_lower_bound_bytes == one.arena_bytes


def test_the_question_is_answered_by_the_cost_model() -> None:
    assert FLOAT.arena_bytes / BINARY.arena_bytes == pytest.approx(5, abs=0.2)
    assert BINARY.arena_bytes == BINARY.moments[0].ram_bytes
    for one in (FLOAT, BINARY):
        assert bytes_text(one.arena_bytes) in LESSON.question.why


def test_what_the_lesson_says_of_the_three_networks() -> None:
    weights = 3 * 3 * 32 * 32
    for size in (4 * weights, weights / 8):
        assert bytes_text(size) in SAID
    assert [len(one.moments) for one in (BINARY, SHORTCUTS)] == [10, 15]
    assert "its 10 operators" in SAID
    assert "there are 15" in SAID
    assert percent_text(BINARY.operators_ms / BINARY.latency.ms, 0) in SAID
    assert "44 µs" in SAID
    assert FLOAT.operators_ms / len(FLOAT.moments) == pytest.approx(0.044, abs=0.0005)
    peak = max(SHORTCUTS.moments, key=lambda moment: moment.ram_bytes)
    assert peak.name == "layer_1"
    assert all(one.latency.extrapolated and one.latency.samples == 13 for one in (FLOAT, BINARY, SHORTCUTS))


# ---- the puzzle


def test_every_choice_is_there_once() -> None:
    assert len({one.layers for one in every()}) == len(every()) == (len(WIDTHS) * 2 * 2) ** 3 == 512


def test_what_a_choice_keeps() -> None:
    layers: Layers = (Layer(128, shortcut=True), Layer(32, is_float=True), Layer(128, is_float=True, shortcut=True))
    one = next(one for one in every() if one.layers == layers)
    assert macs(layers) == 9 * (16 * 16 * 32 * 128 + 8 * 8 * 128 * 32 + 4 * 4 * 32 * 128)
    assert one.kept == (macs(layers), 2, 2)


def test_the_products_budgets_agree_on_what_fits() -> None:
    budget = Budget(FLASH_BYTES, RAM_BYTES)
    for one in every()[::37]:
        report = cost(network(one.layers))
        assert one.fits is not hold(report.deployed, report.timeline, budget).exceeded


def _beats(one: Priced, other: Priced) -> bool:
    more = [mine - theirs for mine, theirs in zip(one.kept, other.kept, strict=True)]
    return min(more) >= 0 and max(more) > 0


def test_the_front_is_what_nothing_that_fits_beats() -> None:
    fitting = [one for one in every() if one.fits]
    expected = [one for one in fitting if not any(_beats(other, one) for other in fitting)]
    assert set(front()) == set(expected)
    for one in fitting:
        assert any(_beats(other, one) for other in front()) is (one not in front()) is bool(beaten_in(one))
        assert set(beaten_in(one)) <= set(KEPT)
    assert not beats(fitting[0], fitting[0])
    assert (len(fitting), len(front())) == (46, 6)
    assert "all 512 choices: 46 fit, and six of these are beaten by nothing that fits" in LESSON.parts[1].text


def test_the_budget_forbids_something_by_flash_alone_and_by_ram_alone() -> None:
    assert any(one.file_bytes > FLASH_BYTES and one.arena_bytes <= RAM_BYTES for one in every())
    assert any(one.file_bytes <= FLASH_BYTES and one.arena_bytes > RAM_BYTES for one in every())


def test_what_the_lesson_says_of_its_network() -> None:
    layers: Layers = (Layer(32, shortcut=True), Layer(128), Layer(128, shortcut=True))
    more: Layers = (layers[0], Layer(128, shortcut=True), layers[2])
    assert LESSON.design().blocks == network(layers).blocks
    one, other = (next(one for one in every() if one.layers == wanted) for wanted in (layers, more))
    assert one in front()
    assert f"{bytes_text(FLASH_BYTES - one.file_bytes)} of flash left" in LESSON.design_says
    assert other.file_bytes <= FLASH_BYTES
    assert f"{bytes_text(other.arena_bytes - RAM_BYTES)} short" in LESSON.design_says
