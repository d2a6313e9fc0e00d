"""Latency, devices and budget in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bnn_designer.cost.budget import BudgetResult
from bnn_designer.cost.devices.fit import NOT_COUNTED, Fit
from bnn_designer.cost.latency.devices import Latency
from bnn_designer.cost.latency.model import Estimate
from bnn_designer.graph.liveness import Span, Step
from bnn_designer.units import bytes_text, percent_text

#: So many layers or steps are named; the rest is counted, and ``--json`` has all of them.
_NAMED = 5


def print_latencies(found: Sequence[Latency], console: Console) -> None:
    """For each device the estimate with its error, and where it leaves the fitted networks; or why there is none."""
    console.print("\nLatency of one image, one thread; ± is the mean error over held-out networks")
    width = max(len(one.device) for one in found)
    for one in found:
        console.print(f"  {one.device:{width}}  {_latency(one)}", highlight=False, markup=False, soft_wrap=True)
        if isinstance(one, Estimate) and one.extrapolated:
            beyond = "; ".join(one.extrapolated)
            console.print(
                f"  {'':{width}}  extrapolated: it has {beyond}", highlight=False, markup=False, soft_wrap=True
            )


def _latency(one: Latency) -> str:
    if not isinstance(one, Estimate):
        return str(one)
    return f"{one} (at worst {percent_text(one.max_error, 0)}; fitted to {one.samples} networks)"


def print_devices(found: Sequence[Fit], console: Console) -> None:
    """A line for each device of the catalogue: whether the design fits, and what is missing."""
    console.print(f"\nDevices: flash for the file, contiguous RAM for the arena. {NOT_COUNTED}", highlight=False)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("  device", "name", "flash", "RAM", "state", "why"):
        table.add_column(title, no_wrap=title != "why", justify="right" if title in ("flash", "RAM") else "left")
    for one in found:
        device = one.device
        flash = "storage" if device.storage else _known(device.flash_bytes)
        table.add_row(f"  {one.key}", device.name, flash, _known(device.arena_limit_bytes), one.state, one.reason)
    console.print(table)


def _known(size_bytes: int | None) -> str:
    return "unknown" if size_bytes is None else bytes_text(size_bytes)


def print_budget(result: BudgetResult, console: Console) -> None:
    """Each limit that is set with what is taken of it; where it is exceeded, the layers to blame."""
    budget = result.budget
    console.print(
        f"\nBudget ({budget.source}): {'exceeded' if result.exceeded else 'kept'}. {NOT_COUNTED}", markup=False
    )
    _print_side("flash", result.file_bytes, budget.flash_bytes, console)
    if result.flash_over_bytes:
        named = [f"{one.name} ({one.path}) {bytes_text(one.size_bytes)}" for one in result.flash_blame]
        console.print(f"    most weights: {_shortened(named)}", highlight=False, markup=False)
    _print_side("RAM", result.arena_bytes, budget.ram_bytes, console)
    if result.ram_over_bytes:
        for step in result.ram_blame[:_NAMED]:
            console.print(f"    {_step(step)}", highlight=False, markup=False)
        if len(result.ram_blame) > _NAMED:
            console.print(f"    and {len(result.ram_blame) - _NAMED} more above the budget", highlight=False)
        if result.only_gaps_exceed:
            console.print("    no layer alone exceeds the budget: the gaps between tensors do", highlight=False)


def _print_side(what: str, used: int, limit: int | None, console: Console) -> None:
    if limit is None:
        return
    over = f": {used - limit:,} bytes over" if used > limit else ""
    console.print(f"  {what:5}  {used:,} of {limit:,} bytes{over}", highlight=False)


def _step(step: Step) -> str:
    held = [f"{span.name}{_whose(span)} {bytes_text(span.size_bytes)}" for span in step.by_size]
    return f"{step.name}: {bytes_text(step.live_bytes)} alive: {_shortened(held)}"


def _whose(span: Span) -> str:
    """The block that holds a tensor, where the tensor's name does not begin with it; what working memory is."""
    parts = [span.path] if span.path and not span.name.startswith(span.path) else []
    parts += [span.role] if span.role == "working memory" else []
    return f" ({', '.join(parts)})" if parts else ""


def _shortened(texts: Sequence[str]) -> str:
    more = f", and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
    return ", ".join(texts[:_NAMED]) + more
