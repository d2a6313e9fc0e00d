"""One measuring process: ``python -m bnn_designer.bench.worker '{"benchmark": "gemm", "threads": 1, ...}'``.

Prints a JSON object a line: ``{"machine": {...}}`` once if kernels run, then ``{"row": {...}}`` for each row, or
``{"error": text}``.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any, TextIO

from bnn_designer.bench.cases.table import PLANS
from bnn_designer.bench.native import chosen_isa
from bnn_designer.bench.request import PYTHON_BENCHMARKS, Request
from bnn_designer.errors import BnnDesignerError


def private_stdout() -> TextIO:
    """The standard output for us alone: whatever libraries print goes to standard error from here on."""
    sys.stdout.flush()
    ours = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return ours


def main(request: Request, out: TextIO) -> int:
    """Measures, and says the exit status: 2 where that cannot be done."""

    def say(message: dict[str, Any]) -> None:
        out.write(json.dumps(message) + "\n")
        out.flush()

    try:
        if request.benchmark not in PYTHON_BENCHMARKS:
            say({"machine": {"isa": chosen_isa()}})
        for name in PLANS[request.benchmark]:
            for row in importlib.import_module(f"bnn_designer.bench.{name}").measure(request):
                say({"row": row.to_data()})
    except BnnDesignerError as error:
        say({"error": str(error)})
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(Request.from_json(sys.argv[1]), private_stdout()))
