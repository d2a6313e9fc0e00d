"""What the pieces are given that show a network operator by operator, and the budget puzzle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from bnn_designer.compare.trained import Spread
from bnn_designer.lessons import budget_puzzle as puzzle
from bnn_designer.lessons import shortcut_ways
from bnn_designer.lessons.device_cost import DeviceCost, Moment, device_cost
from bnn_designer.lessons.small_net import SIZES, STAGES, network
from bnn_designer.results.catalogue import entry_of, kept_result
from bnn_designer.units import bytes_text, count_text, counted, ms_text, percent_text

_TIMES = " \N{MULTIPLICATION SIGN} "


def stages() -> Mapping[str, Any]:
    """The small network three times, operator by operator."""
    found = [_stage(device_cost(network(stage.layers))) | {"title": stage.title} for stage in STAGES]
    return {"legend": "Three layers", "stages": found}


def shortcuts() -> Mapping[str, Any]:
    """The network of the lesson on shortcuts, with none, around every two layers, and around every one.

    Beside the memory of each stands what its runs came to, where the result is there.

    Raises:
        ResultError: the file of the runs cannot be read.
    """
    kept = kept_result(entry_of(shortcut_ways.RESULT))
    found = []
    for variant, (way, title) in enumerate(shortcut_ways.WAYS.items()):
        stage = _stage(device_cost(shortcut_ways.network(way)))
        accuracy = _accuracy_text(None if kept is None else kept.best(variant))
        found.append(stage | {"title": title, "texts": (*stage["texts"], accuracy)})
    return {"legend": "Shortcuts", "more": ["Best accuracy"], "stages": found}


def _accuracy_text(best: Spread | None) -> str:
    return "not trained yet" if best is None else f"{best.text}, {counted(best.count, 'run')}"


def _stage(one: DeviceCost) -> dict[str, Any]:
    share = one.operators_ms / one.latency.ms
    return {
        "moments": [_moment(moment) for moment in one.moments],
        "texts": (
            bytes_text(one.file_bytes),
            bytes_text(one.arena_bytes),
            str(one.latency),
            f"{len(one.moments)} at {ms_text(one.operators_ms / len(one.moments), 2)}, "
            f"{percent_text(share, 0)} of the latency",
        ),
    }


def _moment(one: Moment) -> Mapping[str, Any]:
    return {
        "live": one.live_bytes,
        "name": f"{one.name}, {one.kind}",
        "texts": (
            bytes_text(one.ram_bytes),
            ", ".join(f"{role} {bytes_text(size)}" for role, size in one.live_bytes.items()),
            bytes_text(one.constant_bytes) if one.constant_bytes else "nothing",
            ms_text(one.ms, 2),
        ),
    }


@st.cache_resource(show_spinner="Pricing every choice of the puzzle.")
def choices() -> Mapping[str, Any]:
    """Every choice of the puzzle by its code, and the front; worked out once, however many open the lesson at once."""
    front = set(puzzle.front())
    return {
        "sizes": [_TIMES.join((str(size), str(size))) for size in SIZES],
        "widths": puzzle.WIDTHS,
        "limits": [bytes_text(puzzle.FLASH_BYTES), bytes_text(puzzle.RAM_BYTES)],
        "choices": {puzzle.code_of(one.layers): _choice(one) | {"front": one in front} for one in puzzle.every()},
        "front": [puzzle.code_of(one.layers) for one in puzzle.front()],
    }


def _choice(one: puzzle.Priced) -> dict[str, Any]:
    macs, floats, shortcuts = one.kept
    most = max(other.kept[0] for other in puzzle.every())
    return {
        "fits": one.fits,
        "flash": _use(one.file_bytes, puzzle.FLASH_BYTES, f"most of it for {one.largest}"),
        "ram": _use(one.arena_bytes, puzzle.RAM_BYTES, f"most of it while {one.peak} runs"),
        "latency": one.latency,
        "kept": (f"{count_text(macs)}, {percent_text(macs / most, 0)}", str(floats), str(shortcuts)),
        "beaten": puzzle.beaten_in(one) if one.fits else (),
    }


def _use(size_bytes: int, limit_bytes: int, where: str) -> Mapping[str, Any]:
    over = size_bytes - limit_bytes
    return {
        "share": size_bytes / limit_bytes,
        "text": bytes_text(size_bytes),
        "says": f"{bytes_text(over)} too much, {where}" if over > 0 else f"{bytes_text(-over)} left",
    }
