"""What a design may take on the device that it is meant for, as typed or chosen on the page, and how full that is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bnn_designer.cost import CostReport, DeployedCost
from bnn_designer.cost.budget import Budget, hold
from bnn_designer.cost.devices.catalogue import DEVICES
from bnn_designer.cost.latency.devices import latency_by_block
from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.ui.design.block_titles import title_at
from bnn_designer.ui.design.totals.figures import USUAL_DEVICE
from bnn_designer.units import bytes_text, ms_text, parse_bytes, percent_text

#: So many layers are named where a limit is exceeded; the Devices view has them all.
_MOST_NAMED = 3
_MS = re.compile(r"\s*([0-9]{1,15}(?:\.[0-9]{1,15})?)\s*(ms)?\s*", re.ASCII)


@dataclass(frozen=True)
class Limits:
    """What a person set; None where nothing is.

    Attributes:
        device: a name of the catalogue.
        flash_bytes, ram_bytes: for file and arena.
        latency_ms: for one image.
    """

    device: str | None = None
    flash_bytes: int | None = None
    ram_bytes: int | None = None
    latency_ms: float | None = None


@dataclass(frozen=True)
class Bar:
    """How much of a limit is used.

    Attributes:
        share: of 1; above 1 where the limit is exceeded.
        text: in words: ``62 % of 256 KiB``, ``38.0 KiB over 256 KiB``.
        blame: where it is exceeded, what takes the most: ids of blocks.
        words: what the named ones are: ``Most is in``; "" where nothing is exceeded.
        named: those that take the most, with how much.
    """

    share: float
    text: str
    blame: tuple[str, ...] = ()
    words: str = ""
    named: tuple[str, ...] = ()

    @property
    def blame_text(self) -> str:
        """What is to blame in a sentence; "" where nothing is exceeded, or nothing has a name."""
        return self.shortened(_MOST_NAMED)

    def shortened(self, most: int) -> str:
        """The same with at most so many names."""
        return f"{self.words} {', '.join(self.named[:most])}." if self.named else ""


def read_limits(device: str | None, flash: str, ram: str, latency: str) -> Limits:
    """The limits that texts mean; what is empty is the device's.

    Raises:
        BnnDesignerError: a text is no size or no time.
    """
    chosen = DEVICES.get(device or "")
    return Limits(
        device if chosen else None,
        parse_bytes(flash) if flash.strip() else chosen.flash_bytes if chosen else None,
        parse_bytes(ram) if ram.strip() else chosen.arena_limit_bytes if chosen else None,
        _parse_ms(latency) if latency.strip() else None,
    )


def _parse_ms(text: str) -> float:
    found = _MS.fullmatch(text)
    if found is None or float(found[1]) <= 0:
        raise BnnDesignerError(f"{text!r}: this is not a time. Write a number of milliseconds, such as 20 ms.")
    return float(found[1])


def bars(design: Design, report: CostReport | None, limits: Limits, latency_ms: float | None) -> dict[str, Bar]:
    """A bar for each limit that can be compared, by the name of the total that it is about.

    Args:
        design: gives the blocks their titles.
        report: the design's; None where it has none.
        latency_ms: as estimated for the limits' device, or the usual one; None: not known.
    """
    deployed = report.deployed if report is not None else None
    if report is None or not isinstance(deployed, DeployedCost):
        return {}
    found: dict[str, Bar] = {}
    result = hold(deployed, report.timeline, Budget(limits.flash_bytes, limits.ram_bytes))
    if limits.flash_bytes is not None:
        flash = [(one.path, one.size_bytes) for one in result.flash_blame]
        found["file_bytes"] = _bar(design, result.file_bytes, limits.flash_bytes, flash, "Most is in")
    if limits.ram_bytes is not None:
        ram = [(one.path, one.live_bytes) for one in result.ram_blame]
        found["arena_bytes"] = _bar(design, result.arena_bytes, limits.ram_bytes, ram, "Needed at")
    if limits.latency_ms is not None and latency_ms is not None:
        blocks = latency_by_block(limits.device or USUAL_DEVICE, deployed.program)
        found["latency_ms"] = _latency_bar(design, latency_ms, limits.latency_ms, blocks)
    return found


def _latency_bar(design: Design, ms: float, limit_ms: float, blocks: Mapping[str, float]) -> Bar:
    """``blocks``: the milliseconds of each by its path, the largest first."""
    share, over, of = ms / limit_ms, ms - limit_ms, ms_text(limit_ms, 2)
    if over <= 0:
        return Bar(share, f"{percent_text(share, 0)} of {of}")
    # as many as together make up what is too much, but not fewer than are named
    blame: list[str] = []
    rest = over
    for path, block_ms in blocks.items():
        if rest <= 0 and len(blame) >= _MOST_NAMED:
            break
        if path:
            blame.append(path)
            rest -= block_ms
    named = tuple(f"{title_at(design, path)} ({percent_text(blocks[path] / ms, 0)})" for path in blame[:_MOST_NAMED])
    return Bar(
        share,
        f"{ms_text(over, 2)} over {of}",
        tuple(path.rpartition("/")[2] for path in blame),
        "The largest shares of the time:",
        named,
    )


def _bar(design: Design, used: int, limit: int, blame: list[tuple[str, int]], words: str) -> Bar:
    share = used / limit if limit else float("inf")
    if used <= limit:
        return Bar(share, f"{percent_text(share, 0)} of {bytes_text(limit)}")
    # what has no path is the image, which no block makes smaller
    sizes: dict[str, int] = {}
    for path, size in blame:
        sizes[path] = max(size, sizes.get(path, 0))
    named = tuple(
        f"{title_at(design, path) if path else 'the image'} ({bytes_text(size)})"
        for path, size in list(sizes.items())[:_MOST_NAMED]
    )
    blocks = tuple(dict.fromkeys(path.split("/")[-1] for path in sizes if path))
    return Bar(share, f"{bytes_text(used - limit)} over {bytes_text(limit)}", blocks, words, named)
