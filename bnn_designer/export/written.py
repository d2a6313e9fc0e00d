"""What a target's writer hands back."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Written:
    """The files of an export.

    Attributes:
        files: their bytes by their names, without folders.
        memory_bytes: what the network takes of the receiver's memory, by its kinds, such as "flash" and "arena"; empty
            where that is not known.
        notes: what a person should know, a sentence each: what was left out, what differs.
    """

    files: dict[str, bytes]
    memory_bytes: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
