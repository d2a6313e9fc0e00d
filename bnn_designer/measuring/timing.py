"""How long a packed network takes here and how much memory, beside what was predicted for its design."""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np
import psutil

from bnn_designer.inference.engine import Engine
from bnn_designer.measuring.times import OWN_LOOP, GroupTime, Timing
from bnn_designer.packing.file import from_bytes, to_bytes
from bnn_designer.packing.network import PackedNetwork

#: Images that are not counted: they bring weights and code into the caches, and threads awake.
WARM_UP = 3
LEAST_IMAGES = 20


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
            threads=engine.threads,
            isa=engine.isa,
            images=len(took),
            min_ms=min(took),
            median_ms=statistics.median(took),
            memory_bytes=engine.memory(),
            resident_bytes=resident,
            float_library=float_library(engine),
            why_own=engine.float_kernels.reason,
        )


def float_library(engine: Engine) -> str:
    """What makes the float convolutions of an engine, as a :class:`Timing` names it."""
    library = engine.float_kernels.library
    return library.name if library else OWN_LOOP


def time_groups(network: PackedNetwork, *, threads: int = 1, seconds: float = 2.0) -> tuple[GroupTime, ...]:
    """What each group takes, in running order; the sum is a little above the network's time, as clocks are read too."""
    with Engine(network, threads) as engine:
        image = _image(engine)
        rows: list[Any] = []
        _timed(lambda: rows.append(engine.run_timed(image)), seconds)
        kernels = engine.kernels()
    medians = np.median(np.array(rows[WARM_UP:]), axis=0) * 1e3
    return tuple(
        GroupTime(
            name=group.name,
            path=group.path,
            kind=group.source,
            layers=tuple(group.layers),
            macs=group.macs,
            ms=float(ms),
            kernel=kernel,
        )
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
