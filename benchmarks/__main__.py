"""Runs every benchmark in turn: ``python -m benchmarks``, or ``make bench``. Each says what it measures."""

from __future__ import annotations

import subprocess
import sys

MODULES = ("bench_cost", "bench_whatif", "bench_conv", "bench_train")

if __name__ == "__main__":
    # A process each, so that none inherits another's threads, caches or memory.
    statuses = [subprocess.call([sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]]) for name in MODULES]
    sys.exit(max(statuses))
