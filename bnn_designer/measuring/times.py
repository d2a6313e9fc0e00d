"""What timing a packed network gives: rows that ``bnn-designer time --json`` prints and that are kept with a run.

What an older version did not store is None, so that its records are still read.
"""

from __future__ import annotations

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

#: The engine's own loop, whose version is that of this program.
OWN_LOOP = "the engine's own loop"


class Frozen(BaseModel):
    """What is stored; keys that only a newer version knows are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class GroupTime(Frozen):
    """What one group of layers takes of an image.

    Attributes:
        name: of its first layer.
        path: of that layer's block.
        kind: what the engine runs for it.
        layers: all that are computed in it.
        macs: multiply-accumulates of an image.
        ms: the median.
        kernel: as Engine.kernels() says, or None.
    """

    name: str
    path: str
    kind: str
    layers: tuple[str, ...]
    macs: int
    ms: float
    kernel: str | None = None

    @property
    def gmacs_per_second(self) -> float | None:
        """Multiply-accumulates in 10^9 a second; None for what multiplies nothing, or too quickly for the clock."""
        return self.macs / self.ms / 1e6 if self.macs and self.ms else None


class Timing(Frozen):
    """A network's latency for one image, and its memory.

    Attributes:
        threads: how many worked on an image.
        isa: the instruction set.
        images: how many were timed.
        min_ms: of the fastest image.
        median_ms: of the middle one.
        memory_bytes: arena, weights (as in the file), tiled_weights and scratch, as the engine counts them.
        resident_bytes: by how much the process grew from before the network was read until it had run.
        float_library: what makes float convolutions: a library with its version, such as "oneDNN 2.6.3", or OWN_LOOP;
            None: not known, as older versions stored nothing where it was the own loop.
        why_own: why the own loop, where it was not asked for.
    """

    threads: int
    isa: str
    images: int
    min_ms: float = Field(validation_alias=AliasChoices("min_ms", "least_ms"))  # stored as least_ms once
    median_ms: float
    memory_bytes: dict[str, int]
    resident_bytes: int
    float_library: str | None = None
    why_own: str | None = None

    @property
    def counted_bytes(self) -> int:
        """All memory that the engine asked for: arena, weights of the file and in reading order, scratch."""
        return sum(self.memory_bytes.values())
