"""For how many runs a cluster has room, by its own word and by what it cannot have said yet. Ray is not loaded here."""

from __future__ import annotations

# A node tells the head what it gave away a moment later: until then its cores look free.
TOLD_WITHIN_S = 2.0


class Granted:
    """Cores that nodes gave away so lately that they may still look free."""

    def __init__(self) -> None:
        self._granted: list[tuple[float, int]] = []

    def add(self, cores: int, now_s: float) -> None:
        """A node gave them away, at this time of a monotonic clock."""
        self._granted.append((now_s, cores))

    def untold(self, now_s: float) -> int:
        """How many of them the head may not have heard of."""
        self._granted = [(at_s, cores) for at_s, cores in self._granted if now_s - at_s < TOLD_WITHIN_S]
        return sum(cores for _, cores in self._granted)


def room(held: int, free_cores: int, taken_cores: int, run_cores: int) -> int:
    """How many runs may be held in all: those that are, and as many as the rest of the free cores hold.

    Args:
        held: runs that processes have.
        free_cores: as the head knows them.
        taken_cores: of these, asked for or given away since.
        run_cores: that one more run takes.
    """
    return held + max(0, free_cores - taken_cores) // run_cores
