"""What ``bnn-designer cost`` puts together: the report, and what the user asked for besides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from rich.console import Console

from bnn_designer.cost.budget import Budget, BudgetResult, device_budget, hold
from bnn_designer.cost.devices.fit import fits
from bnn_designer.cost.find_formulas import find_formulas
from bnn_designer.cost.formula import Formula
from bnn_designer.cost.latency.devices import SOURCES, Latency, latencies, latency_on
from bnn_designer.cost.report import CostReport
from bnn_designer.cost.training_memory import TrainingMemory
from bnn_designer.units import parse_bytes


@dataclass(frozen=True)
class Wishes:
    """The options of the command.

    Attributes:
        batch_size: batch size.
        budget_flash: a size as text, or None.
        budget_ram: a size as text, or None.
        device: a name of the catalogue whose flash and RAM are the budget where no other is given, or None.
        formulas: what to open, or None.
        timeline: whether to show the memory over time.
        transitions: whether to show each pass between floats and bits; JSON always has them.
    """

    batch_size: int
    budget_flash: str | None = None
    budget_ram: str | None = None
    device: str | None = None
    formulas: str | None = None
    timeline: bool = False
    transitions: bool = False

    @cached_property
    def budget(self) -> Budget | None:
        """The limits; None where none are wished for.

        Raises:
            BnnDesignerError: a size cannot be read, or there is no such device.
        """
        if self.device is None and self.budget_flash is None and self.budget_ram is None:
            return None
        found = Budget(None, None) if self.device is None else device_budget(self.device)
        if self.budget_flash is not None:
            found = replace(found, flash_bytes=parse_bytes(self.budget_flash), source=_also_given(found.source))
        if self.budget_ram is not None:
            found = replace(found, ram_bytes=parse_bytes(self.budget_ram), source=_also_given(found.source))
        return found


@dataclass(frozen=True)
class CostAnswer:
    """A report with everything that the command shows; nothing is worked out before it is shown.

    Attributes:
        report: of the design.
        wishes: the options.
    """

    report: CostReport
    wishes: Wishes

    @cached_property
    def training(self) -> TrainingMemory:
        return self.report.training_memory.at(self.wishes.batch_size)

    @cached_property
    def budget(self) -> BudgetResult | None:
        """The design held to the budget; None where there is none.

        Raises:
            BnnDesignerError: a wish cannot be read, or LCE cannot run the design.
        """
        limits = self.wishes.budget
        return None if limits is None else hold(self.report.deployed, self.report.timeline, limits)

    @cached_property
    def latencies(self) -> tuple[Latency, ...]:
        found = latencies(self.report.deployed)
        if self.wishes.device is None or self.wishes.device in SOURCES:
            return found
        return (*found, latency_on(self.wishes.device, self.report.deployed))

    @cached_property
    def formulas(self) -> tuple[Formula, ...] | None:
        """The figures to open; None where none are wished for.

        Raises:
            BnnDesignerError: nothing has this name.
        """
        target = self.wishes.formulas
        return None if target is None else find_formulas(self.report, target, self.wishes.batch_size)

    def to_data(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        budget, formulas = self.budget, self.formulas
        data = self.report.to_data()
        layers = data.pop("layers")  # the longest part goes last
        data["training_memory"] = self.training.to_data()
        data["latency"] = [one.to_data() for one in self.latencies]
        data["devices"] = [one.to_data() for one in fits(self.report.deployed)]
        if budget is not None:
            data["budget"] = budget.to_data()
        if self.wishes.timeline:
            data["timeline"] = self.report.timeline.to_data()
        if formulas is not None:
            data["formulas"] = [one.to_data() for one in formulas]
        return data | {"layers": layers}

    def print(self, console: Console) -> None:
        """The report for people; what cannot be answered raises before anything is printed."""
        from bnn_designer.cli.tables.cost import print_report
        from bnn_designer.cli.tables.devices import print_budget, print_devices, print_latencies
        from bnn_designer.cli.tables.formulas import print_formulas
        from bnn_designer.cli.tables.memory import print_timeline, print_training
        from bnn_designer.cli.tables.transitions import print_transitions

        budget, formulas = self.budget, self.formulas
        print_report(self.report, console)
        print_training(self.training, console)
        print_latencies(self.latencies, console)
        print_devices(fits(self.report.deployed), console)
        if self.wishes.timeline:
            print_timeline(self.report.timeline, console)
        if self.wishes.transitions:
            print_transitions(self.report.transitions, console)
        if formulas is not None:
            print_formulas(formulas, str(self.wishes.formulas), console)
        if budget is not None:
            print_budget(budget, console)


def _also_given(source: str) -> str:
    return source if source.startswith("given") else f"given, else {source}"
