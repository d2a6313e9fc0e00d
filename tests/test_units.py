from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer import units
from bnn_designer.errors import BnnDesignerError


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.00 KiB"),
        (1536, "1.50 KiB"),
        (272 * 1024, "272 KiB"),
        (4.07 * 1024**2, "4.07 MiB"),
        (3 * 1024**4, "3.00 TiB"),
    ],
)
def test_bytes(size_bytes: float, text: str) -> None:
    assert units.bytes_text(size_bytes) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (9_999, "9,999"), (10_000, "10.0 K"), (1_790_000, "1.79 M"), (999_999, "1.00 M"), (2 * 10**9, "2.00 G")],
)
def test_counts(number: int, text: str) -> None:
    assert units.count_text(number) == text


@given(st.integers(0, 10**15))
def test_a_count_never_loses_more_than_half_a_percent(number: int) -> None:
    value, _, unit = units.count_text(number).replace(",", "").partition(" ")
    shown = float(value) * {"": 1, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}[unit]
    assert abs(shown - number) <= 0.005 * number


def test_bits_round_up_to_a_whole_byte() -> None:
    assert units.bit_size_text(9) == "2 B"


def test_a_precision_is_not_a_size() -> None:
    assert [units.precision_text(bits) for bits in (1, 32)] == ["1 bit", "32 bits"]


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(0, 3, "0.00"), (9.996, 3, "10.0"), (0.0602, 3, "0.0602"), (1234, 3, "1,230"), (574.5, 3, "574"), (9.96, 2, "10")],
)
def test_significant_digits(value: float, digits: int, text: str) -> None:
    assert units.digits_text(value, digits) == text


@pytest.mark.parametrize(
    ("ms", "digits", "text"),
    [
        (0.00043, 3, "0.430 µs"),
        (0.0421, 3, "42.1 µs"),
        (0.43, 3, "0.430 ms"),
        (3.07, 3, "3.07 ms"),
        (1240, 3, "1,240 ms"),
        (27.4, 2, "27 ms"),
        (4.04, 2, "4.0 ms"),
        (9.96, 2, "10 ms"),
        (131.2, 2, "130 ms"),
        (1234, 2, "1,200 ms"),
        (0.0523, 2, "52 µs"),
    ],
)
def test_latencies(ms: float, digits: int, text: str) -> None:
    assert units.ms_text(ms, digits) == text


def test_by_bits() -> None:
    assert units.by_bits_text({32: 928, 1: 9216}) == "9,216 of 1 bit, 928 of 32 bits"
    assert units.by_bits_text({1: 1_234_567}, units.exact_text) == "1,234,567 of 1 bit"
    assert units.by_bits_text({1: 0}) == "none"


def test_differences_have_a_sign() -> None:
    assert units.signed_text(1536, units.bytes_text) == "+1.50 KiB"
    assert units.signed_text(-12, units.count_text) == "\N{MINUS SIGN}12"
    assert units.signed_text(0, units.bytes_text) == "no change"


def test_a_sentence_begins_with_a_capital_and_stays_as_it_is() -> None:
    assert units.sentence("bi-real Net is one") == "Bi-real Net is one"
    assert units.sentence("") == ""


def test_unknown_is_never_a_number() -> None:
    assert units.duration_text(None) == units.percent_text(None) == units.time_text(None) == units.UNKNOWN


def test_durations_and_shares() -> None:
    assert units.duration_text(42) == "0:42"
    assert units.duration_text(3600 + 2 * 60 + 5) == "1:02:05"
    assert (units.percent_text(0.3519), units.percent_text(0.3519, 0)) == ("35.2 %", "35 %")
    assert units.time_text(datetime(2026, 3, 1, 14, 5, tzinfo=timezone.utc)).startswith("2026-03-0")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4096", 4096),
        ("4096B", 4096),
        ("0", 0),
        ("256KiB", 256 * 1024),
        (" 256 KiB ", 256 * 1024),
        ("256kB", 256 * 1000),
        ("1MB", 1000 * 1000),
        ("1MiB", 1024 * 1024),
        ("1.5 MiB", 1024 * 1024 * 3 // 2),
        ("2GiB", 2 * 1024**3),
        ("1.5TiB", 1536 * 1024**3),
        ("2TB", 2 * 10**12),
        ("0.3B", 0),
        ("1.1MB", 1_100_000),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert units.parse_bytes(text) == size


@given(st.integers(0, 10**6), st.sampled_from([("B", 1), ("kB", 10**3), ("MB", 10**6), ("MiB", 1024**2)]))
def test_a_size_that_is_written_is_read_again(number: int, unit: tuple[str, int]) -> None:
    assert units.parse_bytes(f"{number}{unit[0]}") == units.parse_bytes(f"{number} {unit[0]}") == number * unit[1]
    assert units.parse_bytes(str(number * unit[1])) == number * unit[1]


@pytest.mark.parametrize(
    "text", ["", "MiB", "-1", "1e6", "nan", "1,5MiB", "1 MiB of flash", "0x10", "\u0661", "9" * 400, "9" * 5000]
)
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(BnnDesignerError, match=r"not a size\. Write"):
        units.parse_bytes(text)


@pytest.mark.parametrize("text", ["256KB", "256K", "1M", "1mb", "1kb"])
def test_units_that_mean_two_things_are_refused(text: str) -> None:
    with pytest.raises(BnnDesignerError, match=r"ambiguous\. Write .* KiB"):
        units.parse_bytes(text)


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(BnnDesignerError, match="not known"):
        units.parse_bytes("1 parsec")


@pytest.mark.parametrize(
    ("text", "ms"), [("5ms", 5.0), (" 0.8 ms ", 0.8), ("800us", 0.8), ("800 µs", 0.8), ("1.5 s", 1500.0)]
)
def test_times_are_read_with_their_unit(text: str, ms: float) -> None:
    assert units.parse_ms(text) == ms


@pytest.mark.parametrize("text", ["5", "", "ms", "-1ms", "5 min", "5MS", "1e3ms", "nan ms"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BnnDesignerError, match="not a time"):
        units.parse_ms(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (units.counted(1, "run"), "1 run"),
        (units.counted(0, "run"), "0 runs"),
        (units.counted(1200, "event"), "1,200 events"),
        (units.counted(1, "fix", "fixes"), "1 fix"),
        (units.counted(2, "fix", "fixes"), "2 fixes"),
    ],
)
def test_what_is_counted_has_its_plural(text: str, expected: str) -> None:
    assert text == expected


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (0.5, ".3g", "0.5"),
        (-1.25, "", f"{units.MINUS}1.25"),
        (-1.25, "+.1f", f"{units.MINUS}1.2"),
        (1.26, "+.1f", "+1.3"),
        (-0.04, ".1f", "0.0"),
        (-0.00002, ".1g", f"{units.MINUS}2e-05"),
        (float("-inf"), ".1f", f"{units.MINUS}inf"),
    ],
)
def test_a_number_below_zero_has_the_sign_for_minus(value: float, form: str, text: str) -> None:
    assert units.number_text(value, form) == text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("-1 or +1", f"{units.MINUS}1 or +1"),
        ("[-1, 1]", f"[{units.MINUS}1, 1]"),
        ("m - (8 - m) = 2m - 8", f"m {units.MINUS} (8 {units.MINUS} m) = 2m {units.MINUS} 8"),
        ("full-precision, 3x3, 1e-4, 2026-11-28, arXiv 1602.02830, train --seeds 3", None),
        ("`-1` stays, -1 does not", f"`-1` stays, {units.MINUS}1 does not"),
        ("- a point of a list\n- and -2", f"- a point of a list\n- and {units.MINUS}2"),
    ],
)
def test_hyphens_that_are_meant_as_minus(text: str, read: str | None) -> None:
    assert units.with_minus(text) == (text if read is None else read)
    assert units.with_minus(units.with_minus(text)) == units.with_minus(text)
