"""How fast a design is costed, and the cost model imported: `python -m benchmarks.bench_cost [--json]`.

The page costs a design after every edit, so it should take less than 10 ms for 100 layers; the command line imports the
cost model at every start, so that should take less than 1 s, in a fresh process without TensorFlow. Shown are the least
and the median time; the least says what the code takes, the median what this machine makes of it.
"""

from __future__ import annotations

import subprocess
import sys

from benchmarks.rounds import Result, main, result, seconds_of
from bnn_designer.cost import cost
from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, GlobalPool, Head, Shortcut
from bnn_designer.graph import lower

_IMPORT = "import time; start = time.perf_counter(); import bnn_designer.cost; print(time.perf_counter() - start)"


def bi_real(shortcuts: int) -> Design:
    """A stem, so many binary convolutions with batch norm and shortcut, a head: 3 * shortcuts + 5 layers."""
    norm = BatchNormOptions()
    body = tuple(Shortcut(body=(BinaryConv(filters=64, batch_norm=norm),)) for _ in range(shortcuts))
    return Design(blocks=(Conv(filters=64, batch_norm=norm), *body, GlobalPool(), Head()))


def import_seconds() -> float:
    """Seconds that the import takes in a process of its own, the start of Python left out."""
    finished = subprocess.run([sys.executable, "-c", _IMPORT], capture_output=True, text=True, check=True)
    return float(finished.stdout)


def measure(rounds: int) -> list[Result]:
    """Costs of three designs, reading one from JSON, and the import."""
    results = []
    for shortcuts in (32, 100):
        design = bi_real(shortcuts)
        layers, text = len(lower(design).layers), design.to_json()
        costs = [seconds_of(lambda design=design: cost(design)) for _ in range(rounds)]  # type: ignore[misc]
        results.append(result(f"cost of {layers} layers", costs, 10))
        reads = [seconds_of(lambda text=text: Design.from_json(text)) for _ in range(rounds)]  # type: ignore[misc]
        results.append(result(f"reading its JSON, {len(design.blocks)} blocks", reads, 10))
    import_seconds()  # writes the compiled modules
    results.append(result("import bnn_designer.cost", [import_seconds() for _ in range(7)], 1000))
    return results


if __name__ == "__main__":
    main("cost", __doc__, measure, rounds=200)
