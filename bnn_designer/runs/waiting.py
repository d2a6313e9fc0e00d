"""Which place a waiting run has and how long it waits: the fair order (``fair.py``), played to its end. Pure.

It is what will happen if nobody queues, cancels or pauses anything meanwhile. How long a run takes may not be known.
Then when it ends is not, nor when anything starts that comes after; for their order such a run is taken to end last.
A run that waits for another one starts after it; where that one neither waits nor is held, as one that is paused, the
run comes last, and when is not known.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, deque
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from bnn_designer.runs.fair import Queue, Waiting, next_run


@dataclass(frozen=True)
class HeldRun:
    """A run that has one of the places now.

    Attributes:
        person: see :func:`~bnn_designer.runs.people.same_person`.
        left_s: until it ends; None: not known.
    """

    run_id: str
    person: str
    left_s: float | None


@dataclass(frozen=True)
class Place:
    """A run in the queue.

    Attributes:
        number: 1 of the run that is next.
        wait_s: until it starts; None: not known.
        after: the run that it waits for, as long as that one is not done.
    """

    run_id: str
    number: int
    wait_s: float | None
    after: str | None = None


def places(
    queue: Queue, held: Iterable[HeldRun], length_s: Mapping[str, float | None], limit: int, now: float
) -> tuple[Place, ...]:
    """The runs of the queue in the order in which they will start.

    Args:
        queue: with every run that waits.
        held: the runs that are held, those of terminals too; they may be more than ``limit``.
        length_s: how long each waiting run takes once it starts, by its id; None, or not there: not known.
        limit: how many runs are held at once.
        now: Unix seconds.
    """
    by_person: dict[str, deque[str]] = {}
    waiting = {run.run_id: run for run in sorted(queue.waiting, key=lambda run: (run.queued_at, run.run_id))}
    for run in waiting.values():
        by_person.setdefault(run.person, deque()).append(run.run_id)
    # those that end at an unknown time last, in the order in which they came
    ends = [(math.inf if run.left_s is None else now + run.left_s, run.person, run.run_id) for run in held]
    counts, served_at = Counter(person for _, person, _ in ends), dict(queue.served_at)
    at = turn = now
    found: list[Place] = []
    ended: set[str] = set()
    while by_person:
        while len(ends) >= limit or (ends and not _ready(by_person, waiting, ended)):
            end, person, run_id = ends.pop(min(range(len(ends)), key=lambda index: ends[index][0]))
            ended.add(run_id)
            # of those that end at an unknown time another one may end before
            at = math.inf if any(other == math.inf for other, _, _ in ends) else max(at, end)
            # who was served before whom is still to be told where times are not
            turn = turn + 1 if at == math.inf else at
            counts[person] -= 1
            served_at[person] = turn
        chosen = next_run(_ready(by_person, waiting, ended), counts, served_at)
        if chosen is None:
            unplaced = set(itertools.chain(*by_person.values()))
            left = [run_id for run_id in waiting if run_id in unplaced]
            found += [Place(run_id, len(found) + n, None, waiting[run_id].after) for n, run_id in enumerate(left, 1)]
            break
        by_person[chosen.person].remove(chosen.run_id)
        if not by_person[chosen.person]:
            del by_person[chosen.person]
        takes_s = length_s.get(chosen.run_id)
        ends.append((math.inf if takes_s is None else at + takes_s, chosen.person, chosen.run_id))
        counts[chosen.person] += 1
        wait_s = None if at == math.inf else at - now
        found.append(Place(chosen.run_id, len(found) + 1, wait_s, chosen.after))
    return tuple(found)


def _ready(
    by_person: Mapping[str, Iterable[str]], waiting: Mapping[str, Waiting], ended: Container[str]
) -> list[Waiting]:
    """The first run of each person that waits for none, or for one that has ended."""
    found = []
    for ids in by_person.values():
        runs = (waiting[run_id] for run_id in ids)
        if (first := next((run for run in runs if run.after is None or run.after in ended), None)) is not None:
            found.append(first)
    return found
