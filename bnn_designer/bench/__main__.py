"""Runs every benchmark in turn: ``python -m bnn_designer.bench``, or ``make bench``. Options go to each, as --json."""

from __future__ import annotations

import subprocess
import sys

from bnn_designer.bench import BENCHMARKS

if __name__ == "__main__":
    command = (sys.executable, "-m", "bnn_designer.cli", "bench")
    # A process each, so that none inherits another's threads, caches or memory.
    sys.exit(max(subprocess.call([*command, name, *sys.argv[1:]]) for name in BENCHMARKS))
