"""Sweeps as the Compare page knows them: which one is open, which are of a design, each with its networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bnn_designer.compare import network_key
from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.sweeps import SweepRecord
from bnn_designer.sweeps.definition import Sweep
from bnn_designer.sweeps.plan import Plan, plan
from bnn_designer.ui.shared.choices import choice, choose

#: The parameter in the address. The Runs page filters by "sweep".
_OPEN = "trained"


@dataclass(frozen=True)
class Listed:
    """A sweep of a design.

    Attributes:
        same: whether its design is that design as it is now; else an earlier or a later state of the same name.
    """

    record: SweepRecord
    sweep: Sweep
    same: bool


def open_id() -> str:
    """The id of the sweep that is open; "" where none is."""
    return choice(_OPEN, "")


def open_sweep(sweep_id: str) -> None:
    """Opens a sweep; "" closes the one that is open."""
    choose(_OPEN, sweep_id)


@lru_cache(maxsize=64)
def planned(definition: str) -> Plan:
    """A sweep with its networks and their costs, kept for the next run of the page.

    Raises:
        BnnDesignerError: it cannot be read, or none of its variants can be made.
    """
    return plan(Sweep.from_json(definition))


def sweeps_of(design: Design, records: Sequence[SweepRecord]) -> list[Listed]:
    """The sweeps of a design and of others of its name, in their order; those that cannot be read are left out."""
    key, found = network_key(design), []
    for record in records:
        read = _read(record.definition)
        if read is not None and (read[1] == key or read[0].design.name == design.name):
            found.append(Listed(record, read[0], read[1] == key))
    return found


@lru_cache(maxsize=1024)
def _read(definition: str) -> tuple[Sweep, str] | None:
    try:
        sweep = Sweep.from_json(definition)
    except BnnDesignerError:
        return None
    return sweep, network_key(sweep.design)
