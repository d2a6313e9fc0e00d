"""Whether a process still has its run: asked of the system on this machine, told by the heartbeat on another.

A flag alone would say "running" for ever after a kill or a power cut. So the status that is shown follows from the
lease: the owner's process, its start of the machine, and its last sign of life.
"""

from __future__ import annotations

from bnn_designer.processes import Owner, boot_id
from bnn_designer.runs.settings import seconds_setting

# Without a sign of life for so long, a run of another machine counts as dead. A worker beats once a second, and a busy
# disk or a slow import must not end a run; what was killed is to show within a minute.
HEARTBEAT_TIMEOUT_S = 45.0
LEASE_VARIABLE = "BNN_LEASE_S"

# How soon a press on Cancel is heard, at the price of one small write a second.
HEARTBEAT_S = 1.0
HEARTBEAT_VARIABLE = "BNN_HEARTBEAT_S"
# So many beats may be lost on the way.
BEATS_PER_LEASE = 3


def lease_s() -> float:
    """Seconds without a sign of life after which a run of another machine counts as dead: ``BNN_LEASE_S``, 45 if unset.

    All machines of a store need the same.

    Raises:
        QueueError: the variable is not a number of at least 3.
    """
    return seconds_setting(LEASE_VARIABLE, HEARTBEAT_TIMEOUT_S, least_s=BEATS_PER_LEASE * HEARTBEAT_S)


def heartbeat_s() -> float:
    """Seconds between two signs of life: ``BNN_HEARTBEAT_S``, 1 if unset; a third of the lease at most.

    Raises:
        QueueError: a variable is not a number, or too small.
    """
    return min(seconds_setting(HEARTBEAT_VARIABLE, HEARTBEAT_S, least_s=0.1), lease_s() / BEATS_PER_LEASE)


def lease_end(owner: Owner | None, heartbeat_at: float | None, now: float) -> str | None:
    """Why the process that had a run counts as gone, in words; None while it is there.

    On this machine the process itself is asked, so that a killed worker is seen at once, and one that slept with the
    machine is not taken for dead. Elsewhere only the heartbeat can tell.

    Args:
        owner: the process; None: of a row from before it was noted.
        heartbeat_at, now: Unix seconds.
    """
    silent_s = now - heartbeat_at if heartbeat_at is not None else float("inf")
    silent = silent_s > lease_s()
    if owner is None or owner.pid is None:
        return "Its process is not known." if silent else None
    if not owner.is_here:
        return f"No sign of life from {owner.host} for {silent_s:.0f} s." if silent else None
    if owner.boot_id is not None and owner.boot_id != boot_id():
        return "The machine was started anew."
    found = owner.look()
    # Another start time: the heartbeat tells a used-again pid from a clock that was set.
    if found == "alive" or (found == "another" and not silent):
        return None
    return f"Its process {owner.pid} is gone: it was killed, or the machine ran out of memory."
