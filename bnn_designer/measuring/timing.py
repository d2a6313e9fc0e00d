"""How long a packed network takes here and how much memory, beside what was predicted for its design."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import psutil

from bnn_designer.inference.engine import Engine
from bnn_designer.packing.file import from_bytes, to_bytes
from bnn_designer.packing.network import PackedNetwork

#: Images that are not counted: they bring weights and code into the caches, and threads awake.
WARM_UP = 3
LEAST_IMAGES = 20


@dataclass(frozen=True)
class GroupTime:
    """What one group of a network takes of an image: the median, in milliseconds."""

    name: str
    path: str
    source: str
    layers: tuple[str, ...]
    macs: int
    ms: float
    kernel: str = ""  # as Engine.kernels() says

    @property
    def gmacs_per_second(self) -> float:
        """Multiply-accumulates in 10^9 a second; 0 for what multiplies nothing."""
        return self.macs / self.ms / 1e6

    def to_data(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "path": self.path,
            "kind": self.source,
            "layers": list(self.layers),
            "macs": self.macs,
            "ms": self.ms,
            "kernel": self.kernel,
        }


@dataclass(frozen=True)
class Timing:
    """A network's latency for one image, and its memory.

    Attributes:
        threads: how many worked on an image.
        isa: the instruction set.
        images: how many were timed.
        least_ms: of the fastest image.
        median_ms: of the middle one.
        memory_bytes: arena, weights (as in the file), tiled_weights and scratch, as the engine counts them.
        resident_bytes: by how much the process grew from before the network was read until it had run.
        float_library: what makes float convolutions, such as "oneDNN 2.6.3"; None: the engine's own loop.
        why_own: why that is, where it was not asked for.
    """

    threads: int
    isa: str
    images: int
    least_ms: float
    median_ms: float
    memory_bytes: dict[str, int]
    resident_bytes: int
    float_library: str | None = None
    why_own: str | None = None

    def to_data(self) -> dict[str, Any]:
        return {
            "threads": self.threads,
            "isa": self.isa,
            "images": self.images,
            "least_ms": self.least_ms,
            "median_ms": self.median_ms,
            "memory_bytes": self.memory_bytes,
            "resident_bytes": self.resident_bytes,
            "float_library": self.float_library,
            "why_own": self.why_own,
        }


def time_network(network: PackedNetwork, *, threads: int = 1, seconds: float = 2.0, isa: str | None = None) -> Timing:
    """Times single images, one after the other, for so many seconds and at least 20 images.

    Raises:
        KernelBuildError, EngineError: the engine cannot run here.
    """
    data = np.frombuffer(to_bytes(network), np.uint8)
    Engine(network, 1, isa).close()  # the library is built and loaded before memory is looked at
    process = psutil.Process()
    before = process.memory_info().rss
    with Engine(from_bytes(data.copy()), threads, isa) as engine:
        image = _image(engine)
        took = _timed(lambda: engine.run(image), seconds)
        resident = process.memory_info().rss - before
        return Timing(
            engine.threads,
            engine.isa,
            len(took),
            min(took),
            statistics.median(took),
            engine.memory(),
            resident,
            engine.float_kernels.library.name if engine.float_kernels.library else None,
            engine.float_kernels.reason,
        )


def time_groups(network: PackedNetwork, *, threads: int = 1, seconds: float = 2.0) -> tuple[GroupTime, ...]:
    """What each group takes, in running order; the sum is a little above the network's time, as clocks are read too."""
    with Engine(network, threads) as engine:
        image = _image(engine)
        rows: list[Any] = []
        _timed(lambda: rows.append(engine.run_timed(image)), seconds)
        kernels = engine.kernels()
    medians = np.median(np.array(rows[WARM_UP:]), axis=0) * 1e3
    return tuple(
        GroupTime(group.name, group.path, group.source, tuple(group.layers), group.macs, float(ms), kernel)
        for group, ms, kernel in zip(network.header.groups, medians, kernels, strict=True)
    )


def _image(engine: Engine) -> Any:
    """Values do not matter to the time; these are the same each time."""
    return np.random.default_rng(0).uniform(-1, 1, engine.input_shape).astype(np.float32)


def _timed(run: Any, seconds: float) -> list[float]:
    """Milliseconds of each call."""
    for _ in range(WARM_UP):
        run()
    took: list[float] = []
    end = time.perf_counter() + seconds
    while len(took) < LEAST_IMAGES or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        took.append((time.perf_counter() - start) * 1e3)
    return took
