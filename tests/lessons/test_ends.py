"""The first and the last layer: the published curves, the runs beside them, and what each pair costs."""

from __future__ import annotations

from itertools import product

import pytest

from bnn_designer.cost import cost
from bnn_designer.lessons import ends, lesson_named
from bnn_designer.results.catalogue import PUBLISHED_BINARY, PUBLISHED_BWN, PUBLISHED_FLOAT, entry_of
from bnn_designer.results.kept import read_result

KEPT = read_result(entry_of(ends.RESULT).file)
LESSON = lesson_named("first-and-last")
assert LESSON is not None


def by_names() -> dict[tuple[str, str], ends.Pair]:
    return {(pair.first, pair.last): pair for pair in ends.pairs()}


def test_the_published_curves_are_those_that_the_result_is_held_to() -> None:
    for curve, (third, tenth) in zip(
        ends.PUBLISHED.values(), (PUBLISHED_FLOAT, PUBLISHED_BWN, PUBLISHED_BINARY), strict=True
    ):
        assert len(curve) == 100
        assert (curve[2], curve[9]) == pytest.approx((third, tenth))


def test_the_question_tells_the_best_of_each_curve() -> None:
    best = [100 * ends.best_until(curve, 100) for curve in ends.PUBLISHED.values()]
    assert best == pytest.approx([83.94, 81.86, 66.49])
    assert "83.9 %" in LESSON.question.text
    for number in (best[2], best[1], 83.9 - 66.5):
        assert f"{number:.1f}" in LESSON.question.why


def test_best_until_is_of_the_first_epochs() -> None:
    assert [ends.best_until((0.1, 0.3, 0.2, 0.4), epoch) for epoch in (1, 2, 3, 4)] == [0.1, 0.3, 0.3, 0.4]


def test_a_curve_is_as_long_as_all_runs_of_its_variant() -> None:
    runs = KEPT.of_variant(0)
    curve = ends.curve(KEPT, "float")
    assert [one.count for one in curve] == [len(runs)] * 10
    assert curve[4].mean == pytest.approx(sum(run.epochs[4].val_accuracy for run in runs) / len(runs))
    shorter = runs[0].model_copy(update={"epochs": runs[0].epochs[:3]})
    assert len(ends.curve(KEPT.model_copy(update={"runs": (shorter, *runs[1:])}), "float")) == 3
    assert ends.curve(KEPT.model_copy(update={"runs": runs}), "bwn") == ()


def test_the_networks_with_both_layers_alike_are_those_that_were_trained() -> None:
    sweep = KEPT.sweep
    for precision, variant in zip(ends.PRECISIONS, sweep.variants, strict=True):
        assert ends.network(precision, precision).blocks == sweep.design_of(variant).blocks


def test_only_pairs_that_are_alike_have_an_accuracy() -> None:
    for pair in ends.pairs():
        found = ends.best(KEPT, pair)
        assert (found is not None) == (pair.first == pair.last)
        assert ends.best(None, pair) is None
    assert ends.best(KEPT, by_names()["binary", "binary"]) == KEPT.best(2)


def test_each_layer_costs_by_its_own_precision() -> None:
    """Weights: 3 * 3 * 3 * 32 of the first layer, 256 * 10 of the last; 30 * 30 places, and one."""
    plain = by_names()["float", "float"]
    weights = {ends.FIRST: 3 * 3 * 3 * 32, ends.LAST: 256 * 10}
    macs = {ends.FIRST: weights[ends.FIRST] * 30 * 30, ends.LAST: weights[ends.LAST]}
    for first, last in product(ends.PRECISIONS, repeat=2):
        pair = by_names()[first, last]
        chosen = {ends.FIRST: first, ends.LAST: last}
        saved_bits = sum(31 * weights[name] for name, precision in chosen.items() if precision != "float")
        assert pair.weight_bytes == plain.weight_bytes - saved_bits // 8
        binary = sum(macs[name] for name, precision in chosen.items() if precision == "binary")
        assert (pair.binary_macs, pair.float_macs) == (plain.binary_macs + binary, plain.float_macs - binary)


def test_binary_weights_with_float_inputs_leave_the_file_as_it_is() -> None:
    pairs = by_names()
    files = {names: pair.file_bytes for names, pair in pairs.items()}
    assert files["bwn", "bwn"] == files["bwn", "float"] == files["float", "bwn"] == files["float", "float"]
    assert files["binary", "binary"] < files["float", "float"]
    assert "file no change" in pairs["bwn", "bwn"].says
    assert "compared with" in pairs["float", "float"].says


def test_the_lesson_says_how_much_of_the_network_the_two_layers_are() -> None:
    text = LESSON.parts[1].after
    plain = by_names()["float", "float"]
    ends_weights, ends_macs = 864 + 2_560, 864 * 900 + 2_560
    weights = sum(layer.count.params for layer in cost(ends.network("float", "float")).layers if layer.count.macs)
    assert f"{ends_weights:,} of the {weights:,}" in text
    assert f"{ends_macs:,} of the {(plain.binary_macs + plain.float_macs) / 1e6:.1f} million" in text
    assert ends_weights / weights == pytest.approx(0.005, abs=0.0005)
    assert plain.float_macs == ends_macs
    assert (3 * 3 * 3, 3 * 3 * 32) == (27, 288)
