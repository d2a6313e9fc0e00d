"""What a server lets people queue: limits from the environment, for a classroom on one machine. Unset: no limit.

They are asked where a run comes into the queue, in the transaction that puts it there (``life.py``), so that two pages
at once cannot pass them. How much the disk holds is asked just before: a run that waits takes nothing of it yet.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, func, select

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.database import KEEP_DELETED_DAYS, RUNS
from bnn_designer.runs.people import same_person
from bnn_designer.runs.records import HELD
from bnn_designer.runs.run_folders import FOLDER, used_bytes
from bnn_designer.units import bytes_text, counted, parse_bytes

QUEUED_VARIABLE = "BNN_MAX_QUEUED_RUNS"
PERSON_VARIABLE = "BNN_MAX_RUNS_PER_PERSON"
EPOCHS_VARIABLE = "BNN_MAX_EPOCHS"
DISK_VARIABLE = "BNN_MAX_RUNS_DISK"
FREE_VARIABLE = "BNN_KEEP_FREE_DISK"
DRAFTS_VARIABLE = "BNN_MAX_DRAFTS"
SEARCHES_VARIABLE = "BNN_MAX_SEARCHES"


class LimitError(BnnDesignerError):
    """A limit that cannot be read."""


class LimitReached(BnnDesignerError):  # noqa: N818 - nothing is wrong, the answer is no
    """The server lets no such run in now: which limit, what it is, who set it, how to go on."""


@dataclass(frozen=True)
class Limits:
    """What this server allows; None: as much as anybody likes.

    Attributes:
        queued: runs that wait.
        of_person: runs of one person that wait or are held.
        epochs: of a run.
        disk_bytes: what the folders of all runs may take before another comes.
        free_bytes: what stays free on the disk of those folders.
        drafts: that are kept of an account, or of all people where nobody signs in.
        searches: whose processes are at work.
    """

    queued: int | None = None
    of_person: int | None = None
    epochs: int | None = None
    disk_bytes: int | None = None
    free_bytes: int | None = None
    drafts: int | None = None
    searches: int | None = None

    @property
    def any(self) -> bool:
        return self != Limits()


@dataclass(frozen=True)
class Entry:
    """What wants to come in.

    Attributes:
        person: whose it is.
        epochs: that it is to have in all.
        waits: in the queue; else a terminal trains it at once.
    """

    person: str | None
    epochs: int
    waits: bool = True


@dataclass(frozen=True)
class Usage:
    """What is there; None: not asked for, as nothing limits it.

    Attributes:
        queued: runs that wait.
        of_person: runs of the entry's person that wait or are held.
        disk_bytes: what the folders of all runs take.
        free_bytes: what is free on their disk.
    """

    queued: int = 0
    of_person: int = 0
    disk_bytes: int | None = None
    free_bytes: int | None = None


def limits_set() -> Limits:
    """The limits in the environment.

    Raises:
        LimitError: one cannot be read; names the variable.
    """
    return Limits(
        queued=_read(QUEUED_VARIABLE, _count),
        of_person=_read(PERSON_VARIABLE, _count),
        epochs=_read(EPOCHS_VARIABLE, _count),
        disk_bytes=_read(DISK_VARIABLE, parse_bytes),
        free_bytes=_read(FREE_VARIABLE, parse_bytes),
        drafts=_read(DRAFTS_VARIABLE, _count),
        searches=_read(SEARCHES_VARIABLE, _count),
    )


def refusal(limits: Limits, entry: Entry, usage: Usage) -> str | None:
    """Why a run may not come in, in two sentences: the limit and who set it, and how to go on; None: it may."""
    return next((text for rule in _RULES if (text := rule(limits, entry, usage)) is not None), None)


def refusal_of_all(limits: Limits, entries: Sequence[Entry], usage: Callable[[str | None], Usage]) -> str | None:
    """Why several runs may not all come in; None: they may.

    Args:
        limits: of the server.
        entries: what wants to come in, one after the other.
        usage: what there is before, given whose run comes in.
    """
    waiting, of_person = 0, Counter[str]()
    for index, entry in enumerate(entries):
        before, whose = usage(entry.person), same_person(entry.person)
        mine = before.of_person + of_person[whose]
        text = refusal(limits, entry, replace(before, queued=before.queued + waiting, of_person=mine))
        if text is not None and index:
            come = f"The server would let in {index:,} of these {len(entries):,} runs, so that none is queued."
            return f"{come} The one after: {text} Fewer of them may fit."
        if text is not None:
            return text
        waiting += entry.waits
        of_person[whose] += 1
    return None


def refusal_of_draft(limits: Limits, kept: int) -> str | None:
    """Why a new draft may not come in beside so many, deleted ones included as they can be restored; None: it may."""
    if limits.drafts is None or kept < limits.drafts:
        return None
    return (
        f"This server keeps at most {counted(limits.drafts, 'draft')}, and {kept:,} {_verb(kept)} there with those "
        f"that were deleted in the last {KEEP_DELETED_DAYS} days {_set_by(DRAFTS_VARIABLE)}. Go on with one of them, "
        "or ask whoever runs the server."
    )


def refusal_of_search(limits: Limits, at_work: int) -> str | None:
    """Why a search may not start beside so many that are at work; None: it may."""
    if limits.searches is None or at_work < limits.searches:
        return None
    return (
        f"This server has at most {counted(limits.searches, 'search', 'searches')} at work at once, and {at_work:,} "
        f"{_verb(at_work)} {_set_by(SEARCHES_VARIABLE)}. Try again when one has ended, or stop one."
    )


def limit_texts(limits: Limits, usage: Usage, person: str | None) -> tuple[str, ...]:
    """What is allowed and how much of it is used, a clause each; nothing where nothing is limited."""
    found = []
    if limits.epochs is not None:
        found.append(f"at most {counted(limits.epochs, 'epoch')} a run")
    if limits.of_person is not None:
        found.append(f"{counted(limits.of_person, 'run')} a person{f' (you have {usage.of_person:,})' * bool(person)}")
    if limits.queued is not None:
        found.append(f"{counted(limits.queued, 'run')} in the queue ({usage.queued:,} now)")
    if limits.disk_bytes is not None and usage.disk_bytes is not None:
        found.append(f"{bytes_text(limits.disk_bytes)} for all runs ({bytes_text(usage.disk_bytes)} now)")
    if limits.free_bytes is not None and usage.free_bytes is not None:
        found.append(f"{bytes_text(limits.free_bytes)} of the disk stay free ({bytes_text(usage.free_bytes)} now)")
    return tuple(found)


# ---- the rules, the one that waiting does not help with first


def _epochs(limits: Limits, entry: Entry, usage: Usage) -> str | None:
    if limits.epochs is None or entry.epochs <= limits.epochs:
        return None
    rule = f"This server trains a run for at most {counted(limits.epochs, 'epoch')}, and this one has {entry.epochs:,}"
    return f"{rule} {_set_by(EPOCHS_VARIABLE)}. Lower its epochs to {limits.epochs:,}, or train it on another machine."


def _of_person(limits: Limits, entry: Entry, usage: Usage) -> str | None:
    if limits.of_person is None:
        return None
    allowed = f"{counted(limits.of_person, 'run')} a person that {_verb(limits.of_person)} waiting or running"
    if entry.person is None:
        return (
            f"This server allows {allowed} {_set_by(PERSON_VARIABLE)}, and this run is nobody's. Give a name: on the "
            "Train page, or with --person."
        )
    if usage.of_person < limits.of_person:
        return None
    return (
        f"This server allows {allowed} {_set_by(PERSON_VARIABLE)}, and {entry.person} has {usage.of_person:,}. Wait "
        "until one has ended, or cancel one."
    )


def _queued(limits: Limits, entry: Entry, usage: Usage) -> str | None:
    if limits.queued is None or not entry.waits or usage.queued < limits.queued:
        return None
    return (
        f"This server lets at most {counted(limits.queued, 'run')} wait, and {usage.queued:,} "
        f"{_verb(usage.queued)} waiting {_set_by(QUEUED_VARIABLE)}. Try again when one has started, or cancel one that "
        "waits."
    )


def _disk(limits: Limits, entry: Entry, usage: Usage) -> str | None:
    if limits.disk_bytes is None or usage.disk_bytes is None or usage.disk_bytes < limits.disk_bytes:
        return None
    return (
        f"This server keeps at most {bytes_text(limits.disk_bytes)} of runs, and there are "
        f"{bytes_text(usage.disk_bytes)} {_set_by(DISK_VARIABLE)}. Delete runs that nobody needs any more."
    )


def _free(limits: Limits, entry: Entry, usage: Usage) -> str | None:
    if limits.free_bytes is None or usage.free_bytes is None or usage.free_bytes >= limits.free_bytes:
        return None
    return (
        f"This server keeps {bytes_text(limits.free_bytes)} of the disk free, and {bytes_text(usage.free_bytes)} are "
        f"{_set_by(FREE_VARIABLE)}. Make room there, such as by deleting runs that nobody needs any more."
    )


_RULES: tuple[Callable[[Limits, Entry, Usage], str | None], ...] = (_epochs, _of_person, _queued, _disk, _free)


def _set_by(variable: str) -> str:
    return f"(set by {variable} where the server was started)"


def _verb(count: int) -> str:
    return "is" if count == 1 else "are"


# ---- what is there


def usage_of_disk(limits: Limits, home: Path) -> Usage:
    """How much the disk holds, as far as it is limited: all folders of runs are walked through for that."""
    taken = used_bytes(home / FOLDER) if limits.disk_bytes is not None else None
    free = shutil.disk_usage(home).free if limits.free_bytes is not None else None
    return Usage(disk_bytes=taken, free_bytes=free)


def usage_of_queue(connection: Connection, person: str | None, disk: Usage, *, account: str | None = None) -> Usage:
    """What :func:`usage_of_disk` found, with how many runs there are; an account's are counted by it, not by a name."""
    mine, queued = 0, 0
    whose = (RUNS.c.account, RUNS.c.person, RUNS.c.status)
    found = select(*whose, func.count().label("runs")).where(RUNS.c.status.in_(("queued", *HELD)))
    for row in connection.execute(found.group_by(*whose)):
        queued += row.runs if row.status == "queued" else 0
        by_name = person is not None and same_person(row.person) == same_person(person)
        mine += row.runs if (by_name if account is None else row.account == account) else 0
    return Usage(queued, mine, disk.disk_bytes, disk.free_bytes)


# ---- reading


def _count(text: str) -> int:
    # int() takes what people do not call a number, such as 1_0
    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise LimitError(f"{text!r} is not a whole number of at least 1. Set it to one, or unset it for no limit.")
    return int(text)


def _read(variable: str, read: Callable[[str], int]) -> int | None:
    text = os.environ.get(variable, "").strip()
    if not text:
        return None
    try:
        return read(text)
    except BnnDesignerError as error:
        raise LimitError(f"{variable}: {error}") from error
