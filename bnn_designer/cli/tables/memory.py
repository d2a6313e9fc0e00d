"""Training memory and the memory over time, in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from bnn_designer.cost.training_memory import TrainingMemory
from bnn_designer.graph.liveness import Step, Timeline
from bnn_designer.units import bytes_text

_BAR = 24


def print_training(training: TrainingMemory, console: Console) -> None:
    """One line: what training takes, and what for."""
    console.print(
        f"Training memory  {training.total_bytes:,} bytes ({bytes_text(training.total_bytes)}) for batches of "
        f"{training.batch_size} images: weights {bytes_text(training.weight_bytes)}, gradients "
        f"{bytes_text(training.gradient_bytes)}, Adam {bytes_text(training.optimizer_bytes)}, statistics "
        f"{bytes_text(training.statistics_bytes)}, activations {bytes_text(training.activation_bytes)}",
        highlight=False,
    )


def print_timeline(memory: Timeline, console: Console) -> None:
    """A line for each operator: what is alive while it runs, and where in the arena; the peak is marked."""
    console.print(
        f"\nMemory over time: arena {memory.arena_bytes:,} bytes, {memory.wasted_bytes:,} of them gaps at the peak; "
        "tensors as name bytes @offset",
        highlight=False,
    )
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("  #", "operator", "kind", "alive", "", "tensors"):
        right = title in ("  #", "alive")
        table.add_column(title, justify="right" if right else "left", no_wrap=title != "tensors", overflow="fold")
    peak = memory.peak
    for step in memory.steps:
        table.add_row(*_cells(step, peak), style="bold" if step is peak else None)
    console.print(table)


def _cells(step: Step, peak: Step) -> tuple[str, ...]:
    length = round(_BAR * step.live_bytes / peak.live_bytes) if peak.live_bytes else 0
    name = f"{step.name} (peak)" if step is peak else step.name
    tensors = ", ".join(f"{span.name} {span.size_bytes:,} @{span.offset:,}" for span in step.by_offset)
    return str(step.index), name, step.kind, f"{step.live_bytes:,}", "█" * length, tensors
