"""What a result is of: data, engine, gradients, seed, machine, version, threads and date, said with every run.

What was not recorded, as by older versions of this program, is said to be so and never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from bnn_designer.runs.awaiting import NO_TEACHER
from bnn_designer.runs.database import EVENTS
from bnn_designer.runs.known import UNREADABLE, of_recipe
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store
from bnn_designer.training.events import DataRead, Event, Started, event_from_json
from bnn_designer.units import time_text

NOT_RECORDED = "not recorded"
NOT_STARTED = "not started yet"

_KINDS = ("started", "data_read")
_WANTED = or_(*(EVENTS.c.event.startswith(f'{{"kind":"{kind}"', autoescape=True) for kind in _KINDS))


@dataclass(frozen=True)
class About:
    """The circumstances of one run, each as a text.

    Attributes:
        data: what was read, with how its images differ from what the name says; of a run that has not read it, what
            its recipe names.
        engine: what the binary layers ran on, and why not on XNOR.
        gradients: how they were computed.
        machine: the processor; of a run that went on elsewhere all of them, in order.
        version: of this program, likewise.
        threads: that TensorFlow split its sums among.
        date: when it was started first.
    """

    data: str
    engine: str
    gradients: str
    seed: str
    machine: str
    version: str
    threads: str
    date: str

    def items(self) -> tuple[tuple[str, str], ...]:
        """Names and texts, in the order in which they are said."""
        return (
            ("data", self.data),
            ("engine", self.engine),
            ("gradients", self.gradients),
            ("seed", self.seed),
            ("machine", self.machine),
            ("version", self.version),
            ("threads", self.threads),
            ("date", self.date),
        )


def about(run: RunRecord, events: Iterable[Event]) -> About:
    """The circumstances of a run.

    Args:
        run: the run.
        events: its own; only those of the kinds ``started`` and ``data_read`` are looked at.
    """
    starts: list[Started] = []
    data: DataRead | None = None
    for event in events:
        if isinstance(event, Started):
            starts.append(event)
        elif isinstance(event, DataRead):
            data = event
    known = of_recipe(run)
    # one that failed for want of its teacher had no attempt; of older programs attempts were not noted
    never_started = not run.ended or run.failure == NO_TEACHER
    none_yet = NOT_STARTED if never_started and not starts else NOT_RECORDED
    last = starts[-1] if starts else None
    reason = f" ({last.engine_reason.rstrip('.')})" if last and last.engine_reason else ""
    return About(
        data=data.title if data else known.data,
        engine=f"{last.engine}{reason}" if last else run.engine_used or none_yet,
        gradients=last.gradients if last else none_yet,
        seed=UNREADABLE if known.seed is None else str(known.seed),
        machine=_each(start.machine for start in starts) or none_yet,
        version=_each(start.version for start in starts) or none_yet,
        threads=none_yet if run.threads is None else str(run.threads),
        date=time_text(run.started_at) if run.started_at else none_yet,
    )


def about_runs(store: Store, runs: Sequence[RunRecord]) -> dict[str, About]:
    """The circumstances of several runs, by their ids, in one query.

    Raises:
        BnnDesignerError: an event cannot be read.
    """
    mine = EVENTS.c.run_id.in_([run.id for run in runs]) & _WANTED & store.of_mine
    with store.engine.connect() as connection:
        rows = connection.execute(select(EVENTS.c.run_id, EVENTS.c.event).where(mine).order_by(EVENTS.c.id)).all()
    found: dict[str, list[Event]] = {run.id: [] for run in runs}
    for run_id, text in rows:
        found[run_id].append(event_from_json(text))
    return {run.id: about(run, found[run.id]) for run in runs}


def _each(texts: Iterable[str | None]) -> str:
    """Each once, in their order; "" where none was noted, and where only some were, that is said."""
    found = list(dict.fromkeys(texts))
    if not any(found):
        return ""
    return ", then ".join(text or NOT_RECORDED for text in found)
