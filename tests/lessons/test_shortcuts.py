"""What signs keep, and what the lesson on shortcuts says of its network."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.design import Design
from bnn_designer.lessons import lesson_named
from bnn_designer.lessons.device_cost import device_cost
from bnn_designer.lessons.folding import Norm, share_of_plus
from bnn_designer.lessons.layer_sums import FILTERS, FilterSums
from bnn_designer.lessons.shortcut_ways import RESULT, WAYS, entropy_bits, network, sign_bits, trained_threshold
from bnn_designer.results.catalogue import FOLDER, entry_of
from bnn_designer.units import bytes_text, percent_text

NONE, TWO, ONE = (device_cost(network(way)) for way in WAYS)
LESSON = lesson_named("shortcuts")
assert LESSON is not None
SAID = LESSON.parts[1].after

filters = pytest.mark.parametrize("sums", FILTERS, ids=lambda one: str(one.number))


@pytest.mark.parametrize(
    ("counts", "bits"), [((5,), 0), ((3, 3), 1), ((1, 1, 1, 1), 2), ((2, 1, 1), 1.5), ((7, 0), 0), ((0, 4, 4), 1)]
)
def test_entropy(counts: tuple[int, ...], bits: float) -> None:
    assert entropy_bits(counts) == pytest.approx(bits)


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=20).filter(any), st.integers(0, 20))
def test_a_sign_keeps_no_more_than_there_is_and_a_bit_at_most(counts: list[int], place: int) -> None:
    sums = FilterSums(0, 0.0, 1.0, 0.0, -10, tuple(counts))
    kept = sign_bits(sums, -10 + 2 * place)
    assert 0 <= kept <= min(1, entropy_bits(counts)) + 1e-9
    assert entropy_bits(counts) <= math.log2(len(counts)) + 1e-9


@filters
def test_the_trained_threshold_is_that_of_the_batch_norm(sums: FilterSums) -> None:
    share = share_of_plus(sums, Norm(1, sums.beta))
    bits = -share * math.log2(share) - (1 - share) * math.log2(1 - share)
    assert sign_bits(sums, trained_threshold(sums)) == pytest.approx(bits)


@filters
def test_no_threshold_keeps_what_the_lesson_says_is_lost(sums: FilterSums) -> None:
    thresholds = range(sums.lowest, sums.lowest + 2 * len(sums.counts), 2)
    best = max(sign_bits(sums, threshold) for threshold in thresholds)
    assert best == pytest.approx(1, abs=0.001)
    assert entropy_bits(sums.counts) - best > 4


def test_the_question_is_about_the_first_filter() -> None:
    sums = FILTERS[0]
    assert f"{entropy_bits(sums.counts):.2f} bits" in LESSON.question.text
    assert len(sums.counts) == pytest.approx(100, abs=5)
    assert f"{sign_bits(sums, trained_threshold(sums)):.2f} bits" in LESSON.question.why
    assert percent_text(share_of_plus(sums, Norm(1, sums.beta))) in LESSON.question.why


def test_the_network_is_that_of_the_result() -> None:
    entry = entry_of(RESULT)
    kept = Design.from_json((FOLDER / "designs" / f"{entry.design}.json").read_text(encoding="utf-8"))
    assert network("none").blocks == kept.blocks
    assert entry.vary == f"shortcuts={','.join(WAYS)}"


def test_what_the_lesson_says_of_its_network() -> None:
    between = [moment.ram_bytes for moment in NONE.moments if moment.kind == "LceBconv2d"][:-1]
    assert max(between) == 32 * 32 * 3 * 4 + 2 * 32 * 32 * 32 // 8  # the image, and the signs of two layers
    assert f"{bytes_text(max(between))} and less" in SAID
    assert [one.arena_bytes // 1024 for one in (NONE, TWO, ONE)] == [248, 272, 272]
    assert "from 248 to 272 KiB" in SAID
    more = [one.file_bytes - NONE.file_bytes for one in (TWO, ONE)]
    pointwise = 4 * (32 * 64 + 64 * 128)
    assert all(added / 2 < pointwise < added for added in more)
    assert " and ".join(f"{added / 1024:.1f}" for added in more) in SAID
    assert [len(one.moments) for one in (NONE, TWO, ONE)] == [17, 32, 44]
    assert "17, 32 and 44 operators" in SAID
