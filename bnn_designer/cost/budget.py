"""Budgets of flash and RAM: is a design within them, and which layers are to blame where it is not.

Flash is compared with the bytes of the deployed file, RAM with those of the arena. Code, the interpreter, the stack and
an operating system come on top of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bnn_designer.cost.deployed import DeployedCost, NotDeployable
from bnn_designer.cost.devices.fit import NOT_COUNTED, find_device
from bnn_designer.errors import BnnDesignerError
from bnn_designer.graph.liveness import Step, Timeline


@dataclass(frozen=True)
class Budget:
    """What a design may take; None where nothing is set.

    Attributes:
        flash_bytes: for the deployed file.
        ram_bytes: for the arena.
        source: where the limits are from: ``given``, or a device's name.
        notes: what the device's catalogue entry leaves open.
    """

    flash_bytes: int | None
    ram_bytes: int | None
    source: str = "given"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FlashBlame:
    """An operator and the bytes that its constants take in the file."""

    name: str
    path: str
    size_bytes: int


@dataclass(frozen=True)
class BudgetResult:
    """A design held to a budget.

    Attributes:
        budget: the limits.
        file_bytes: of the deployed file.
        arena_bytes: of the arena.
        flash_blame: where flash is exceeded, the operators with the most weights: as few as together make up what is
            too much, the largest first; all of them, where not even these do.
        ram_blame: where RAM is exceeded, the steps that alone take more than the budget, the highest first. Where
            only the planner's gaps exceed it, the highest step.
    """

    budget: Budget
    file_bytes: int
    arena_bytes: int
    flash_blame: tuple[FlashBlame, ...]
    ram_blame: tuple[Step, ...]

    @property
    def flash_over_bytes(self) -> int:
        return _over(self.file_bytes, self.budget.flash_bytes)

    @property
    def ram_over_bytes(self) -> int:
        return _over(self.arena_bytes, self.budget.ram_bytes)

    @property
    def exceeded(self) -> bool:
        return self.flash_over_bytes > 0 or self.ram_over_bytes > 0

    @property
    def only_gaps_exceed(self) -> bool:
        """Whether no step takes more than the RAM: the planner leaves gaps that another order of layers may not."""
        limit = self.budget.ram_bytes
        return self.ram_over_bytes > 0 and limit is not None and self.ram_blame[0].live_bytes <= limit

    def to_data(self) -> dict[str, Any]:
        """As ``cost --json`` prints it under ``budget``."""
        flash, ram = _side(self.budget.flash_bytes, self.file_bytes), _side(self.budget.ram_bytes, self.arena_bytes)
        if flash is not None:
            flash["layers"] = [
                {"layer": one.name, "path": one.path, "weight_bytes": one.size_bytes} for one in self.flash_blame
            ]
        if ram is not None:
            ram["only_gaps_exceed"] = self.only_gaps_exceed
            ram["moments"] = [_step_data(one) for one in self.ram_blame]
        return {
            "source": self.budget.source,
            "exceeded": self.exceeded,
            "notes": list(self.budget.notes),
            "flash": flash,
            "ram": ram,
            "not_counted": NOT_COUNTED,
        }


def device_budget(key: str) -> Budget:
    """The flash and RAM of a device; nothing is set where they are not known, or files are on a card.

    Raises:
        BnnDesignerError: the catalogue does not have it.
    """
    device = find_device(key)
    notes = []
    if device.flash_bytes is None:
        notes.append(f"Files are on {device.storage}." if device.storage else "The amount of flash is unknown.")
    if device.ram_block_bytes is None:
        notes.append("The largest contiguous RAM is unknown: the limit is all of the RAM.")
    return Budget(device.flash_bytes, device.arena_limit_bytes, device.name, tuple(notes))


def hold(deployed: DeployedCost | NotDeployable, memory: Timeline, budget: Budget) -> BudgetResult:
    """Holds a design to a budget.

    Args:
        deployed: what LCE makes of it.
        memory: its timeline.
        budget: the limits.

    Raises:
        BnnDesignerError: LCE cannot run the design, so that nothing can be compared.
    """
    if isinstance(deployed, NotDeployable):
        first = deployed.reasons[0]
        raise BnnDesignerError(
            f"{first.path}: the design has no deployed size to compare with a budget: {first.reason}. "
            "Change this block, or leave the budget out."
        )
    file_bytes, arena_bytes = deployed.file_bytes, deployed.arena_bytes
    return BudgetResult(
        budget,
        file_bytes,
        arena_bytes,
        _flash_blame(deployed, _over(file_bytes, budget.flash_bytes)),
        _ram_blame(memory, budget.ram_bytes) if _over(arena_bytes, budget.ram_bytes) else (),
    )


def _over(used: int, limit: int | None) -> int:
    return 0 if limit is None else max(0, used - limit)


def _flash_blame(deployed: DeployedCost, over: int) -> tuple[FlashBlame, ...]:
    sizes = [
        FlashBlame(op.name, op.path, sum(one.size_bytes for one in op.constants if not one.shared))
        for op in deployed.program.operators
    ]
    found: list[FlashBlame] = []
    for one in sorted(sizes, key=lambda one: -one.size_bytes):
        if sum(each.size_bytes for each in found) >= over or not one.size_bytes:
            break
        found.append(one)
    return tuple(found)


def _ram_blame(memory: Timeline, limit: int | None) -> tuple[Step, ...]:
    highest = sorted(memory.steps, key=lambda step: (-step.live_bytes, step.index))
    return tuple(one for one in highest if limit is not None and one.live_bytes > limit) or tuple(highest[:1])


def _side(limit: int | None, used: int) -> dict[str, Any] | None:
    if limit is None:
        return None
    return {"limit_bytes": limit, "used_bytes": used, "over_bytes": _over(used, limit)}


def _step_data(step: Step) -> dict[str, Any]:
    return {
        "layer": step.name,
        "path": step.path,
        "live_bytes": step.live_bytes,
        "tensors": [
            {"name": span.name, "path": span.path, "size_bytes": span.size_bytes, "role": span.role}
            for span in step.by_size
        ],
    }
