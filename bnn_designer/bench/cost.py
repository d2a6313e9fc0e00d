"""How fast a design is costed, and the cost model imported. Nobody is beside it: the targets are times.

The page costs a design after every edit, so that should take less than 10 ms for 100 layers; the command line imports
the cost model at every start, so that should take less than 1 s, in a fresh process without TensorFlow.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from bnn_designer.bench.cases.cost import COST, bi_real, planned
from bnn_designer.bench.cases.planned import wanted
from bnn_designer.bench.request import Request
from bnn_designer.bench.rounds import Pace, Turn, take_turns, timed
from bnn_designer.bench.rows import Row, Sample, Target
from bnn_designer.bench.targets import COST_IMPORT, COST_OF_A_DESIGN
from bnn_designer.called import THIS_PYTHON, output_of
from bnn_designer.cost import cost
from bnn_designer.design import Design

_IMPORT = "import time; start = time.perf_counter(); import bnn_designer.cost; print(time.perf_counter() - start)"


def measure(request: Request) -> Iterator[Row]:
    """Costs of two designs, reading each from JSON, and the import."""
    for shortcuts, texts in wanted(request, planned(request)).items():
        for way, text in texts.items():
            if shortcuts is None:
                yield row_alone(text, import_ms, request.pace(seconds=5.0, least=5, most=20), COST_IMPORT)
            else:
                yield row_alone(text, timed(call_of(shortcuts, way)), request.pace(), COST_OF_A_DESIGN)


def call_of(shortcuts: int, way: str) -> Callable[[], object]:
    """Costs the design of so many shortcuts, or reads it."""
    design = bi_real(shortcuts)
    if way == COST:
        return lambda: cost(design)
    text = design.to_json()
    return lambda: Design.from_json(text)


def row_alone(what: str, turn: Turn, pace: Pace, target: Target) -> Row:
    """The row of a thing that no peer does, on one thread."""
    return Row(what, 1, Sample.of("bnn-designer", take_turns({what: turn}, pace)[what]), None, target)


def import_ms() -> float:
    """ms that the import takes in a process of its own, the start of Python left out."""
    return 1e3 * float(output_of([sys.executable, "-c", _IMPORT], THIS_PYTHON))
