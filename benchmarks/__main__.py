"""Runs every benchmark in turn: ``python -m benchmarks``, or ``make bench``. Options go to each, such as --json.

The cost model's benchmarks are modules here; those of the kernels, the engine and training ship with the product as
``bnn-designer bench``, see docs/benchmarks.md.
"""

from __future__ import annotations

import subprocess
import sys

from bnn_designer.bench import BENCHMARKS

MODULES = ("bench_cost", "bench_whatif")

if __name__ == "__main__":
    commands = [
        *([sys.executable, "-m", f"benchmarks.{name}"] for name in MODULES),
        *([sys.executable, "-m", "bnn_designer.cli", "bench", name] for name in BENCHMARKS),
    ]
    # A process each, so that none inherits another's threads, caches or memory.
    sys.exit(max(subprocess.call([*command, *sys.argv[1:]]) for command in commands))
