from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.cost import CostReport, DeployedCost, cost
from bnn_designer.cost.devices.catalogue import DEVICES
from bnn_designer.cost.latency.devices import SOURCES, latency_by_block
from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import preset
from bnn_designer.errors import BnnDesignerError
from bnn_designer.ui.design.block_titles import block_titles
from bnn_designer.ui.design.budgets import Bar, Limits, bars, read_limits
from bnn_designer.ui.design.totals.figures import USUAL_DEVICE
from bnn_designer.units import bytes_text, percent_text

KIB, MIB = 1024, 1024**2


# ---- what is set


def test_nothing_set_limits_nothing() -> None:
    assert read_limits(None, "", "  ", "") == Limits()
    assert read_limits("no such device", "", "", "") == Limits()


@pytest.mark.parametrize("device", DEVICES)
def test_a_device_s_memories_are_the_limits(device: str) -> None:
    found = read_limits(device, "", "", "")
    assert found == Limits(device, DEVICES[device].flash_bytes, DEVICES[device].arena_limit_bytes, None)


def test_what_is_typed_takes_the_place_of_the_device_s() -> None:
    device = next(name for name, one in DEVICES.items() if one.flash_bytes and one.arena_limit_bytes)
    found = read_limits(device, "1 MiB", "", "20 ms")
    assert found == Limits(device, MIB, DEVICES[device].arena_limit_bytes, 20.0)
    assert read_limits(None, "", "256 KiB", "2.5") == Limits(None, None, 256 * KIB, 2.5)


@pytest.mark.parametrize(
    ("flash", "ram", "latency", "problem"),
    [
        ("1 MB?", "", "", "not a size"),
        ("", "lots", "", "not a size"),
        ("", "256 KB", "", "ambiguous"),
        ("", "", "soon", "not a time"),
        ("", "", "0", "not a time"),
        ("", "", "0.0 ms", "not a time"),
        ("", "", "-5 ms", "not a time"),
        ("", "", "20 s", "not a time"),
        ("", "", "nan", "not a time"),
        ("", "", "\u0661 ms", "not a time"),
        ("", "", "9" * 400, "not a time"),
        ("9" * 400, "", "", "not a size"),
        ("", "9" * 5000, "", "not a size"),
    ],
)
def test_a_text_that_is_none_is_refused_and_says_what_to_write(
    flash: str, ram: str, latency: str, problem: str
) -> None:
    with pytest.raises(BnnDesignerError, match=problem) as refused:
        read_limits(None, flash, ram, latency)
    assert "such as" in str(refused.value) or "Write one of" in str(refused.value)


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
def test_any_text_is_a_limit_or_refused(flash: str, ram: str, latency: str) -> None:
    try:
        limits = read_limits(None, flash, ram, latency)
    except BnnDesignerError:
        return
    assert bars(preset("binarynet"), binarynet(), limits, 5.0) is not None


# ---- how full it is


@cache
def binarynet() -> CostReport:
    return cost(preset("binarynet"))


def deployed() -> DeployedCost:
    found = binarynet().deployed
    assert isinstance(found, DeployedCost)
    return found


def test_a_bar_for_each_limit_that_can_be_compared() -> None:
    assert bars(preset("binarynet"), binarynet(), Limits(), 5.0) == {}
    assert set(bars(preset("binarynet"), binarynet(), Limits(flash_bytes=MIB), 5.0)) == {"file_bytes"}
    assert set(bars(preset("binarynet"), binarynet(), Limits(ram_bytes=MIB), 5.0)) == {"arena_bytes"}
    assert set(bars(preset("binarynet"), binarynet(), Limits(latency_ms=1.0), 5.0)) == {"latency_ms"}
    assert bars(preset("binarynet"), binarynet(), Limits(latency_ms=1.0), None) == {}


def test_what_has_no_deployed_size_has_no_bar() -> None:
    limits = Limits(None, MIB, MIB, 1.0)
    assert bars(preset("binarynet"), None, limits, None) == {}
    assert bars(preset("dorefa-net"), cost(preset("dorefa-net")), limits, None) == {}


def test_within_a_limit_it_says_how_much_of_it() -> None:
    found = bars(
        preset("binarynet"), binarynet(), Limits(None, 2 * deployed().file_bytes, deployed().arena_bytes, 10.0), 2.5
    )
    assert found["file_bytes"] == Bar(0.5, f"50 % of {bytes_text(2 * deployed().file_bytes)}")
    # met to the byte: full, not exceeded
    assert found["arena_bytes"] == Bar(1.0, f"100 % of {bytes_text(deployed().arena_bytes)}")
    assert found["latency_ms"] == Bar(0.25, "25 % of 10 ms")


def test_beyond_a_limit_it_says_by_how_much() -> None:
    found = bars(
        preset("binarynet"),
        binarynet(),
        Limits(None, deployed().file_bytes - 1, deployed().arena_bytes - KIB, 2.0),
        5.0,
    )
    assert found["file_bytes"].text == f"1 B over {bytes_text(deployed().file_bytes - 1)}"
    assert found["arena_bytes"].text == f"1.00 KiB over {bytes_text(deployed().arena_bytes - KIB)}"
    assert (found["latency_ms"].share, found["latency_ms"].text) == (2.5, "3.0 ms over 2.0 ms")
    assert all(bar.share > 1 for bar in found.values())


def test_a_limit_of_nothing_is_exceeded_and_not_a_division_by_zero() -> None:
    found = bars(preset("binarynet"), binarynet(), Limits(flash_bytes=0, ram_bytes=0), None)
    assert {bar.share for bar in found.values()} == {float("inf")}
    assert found["file_bytes"].text == f"{bytes_text(deployed().file_bytes)} over 0 B"


def test_the_file_is_too_large_by_the_layer_with_the_most_weights() -> None:
    # 3 x 3 x 512 inputs of 1024 outputs, a bit each, and a threshold for each output
    size = 3 * 3 * 512 * 1024 // 8 + 1024 * 4
    bar = bars(preset("binarynet"), binarynet(), Limits(flash_bytes=512 * KIB), None)["file_bytes"]
    assert bar.blame[0] == "binary_dense_1"
    assert bar.blame_text.startswith(f"Most is in Binary dense 1 ({bytes_text(size)})")


def test_the_arena_is_too_large_at_its_highest_moment() -> None:
    bar = bars(preset("binarynet"), binarynet(), Limits(ram_bytes=256 * KIB), None)["arena_bytes"]
    peak = binarynet().timeline.peak
    assert bar.blame[0] == peak.path
    title = block_titles(preset("binarynet"))[peak.path]
    assert bar.blame_text.startswith(f"Needed at {title} ({bytes_text(peak.live_bytes)})")


@pytest.mark.parametrize("device", [None, *SOURCES])
def test_the_latency_is_too_long_by_the_blocks_with_the_largest_share(device: str | None) -> None:
    name = device or USUAL_DEVICE
    shares = latency_by_block(name, deployed().program)
    ms = sum(shares.values())
    titles = block_titles(preset("binarynet"))
    three = list(shares)[:3]
    named = ", ".join(f"{titles[path]} ({percent_text(shares[path] / ms, 0)})" for path in three)
    # too long by half of what the largest one takes: three are named and blamed all the same
    limit = ms - shares[three[0]] / 2
    bar = bars(preset("binarynet"), binarynet(), Limits(device, latency_ms=limit), ms)["latency_ms"]
    assert bar.blame == tuple(three)
    assert bar.blame_text == f"The largest shares of the time: {named}."
    # by a little more than four take: so it is five, of which three are named
    five = list(shares)[:5]
    limit = ms - sum(shares[path] for path in five[:4]) - shares[five[4]] / 2
    bar = bars(preset("binarynet"), binarynet(), Limits(device, latency_ms=limit), ms)["latency_ms"]
    assert bar.blame == tuple(five)
    assert bar.blame_text == f"The largest shares of the time: {named}."
    within = bars(preset("binarynet"), binarynet(), Limits(device, latency_ms=ms), ms)["latency_ms"]
    assert (within.blame, within.blame_text) == ((), "")


def test_blocks_inside_others_are_blamed_by_their_ids() -> None:
    inner = b.BinaryConv(id="inner", filters=64)
    design = Design(
        input_shape=(8, 8, 3),
        blocks=(b.Conv(id="stem", filters=64), b.Shortcut(id="way", body=(inner,)), b.GlobalPool(), b.Head()),
    )
    bar = bars(design, cost(design), Limits(flash_bytes=0), None)["file_bytes"]
    assert "Binary conv" in bar.blame_text
    assert "/" not in bar.blame_text
    assert "inner" in bar.blame
    assert all(design.find(block_id) for block_id in bar.blame)


def test_at_most_three_are_named_and_all_are_selected() -> None:
    bar = bars(preset("binarynet"), binarynet(), Limits(flash_bytes=0), None)["file_bytes"]
    assert len(bar.blame) > 3
    assert bar.blame_text.count("(") == 3
    assert len(set(bar.blame)) == len(bar.blame)
