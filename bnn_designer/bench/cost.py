"""How fast a design is costed, and the cost model imported. Nobody is beside it: the targets are times.

The page costs a design after every edit, so that should take less than 10 ms for 100 layers; the command line imports
the cost model at every start, so that should take less than 1 s, in a fresh process without TensorFlow.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

from bnn_designer.bench.request import Request
from bnn_designer.bench.rounds import Pace, Turn, take_turns, timed
from bnn_designer.bench.rows import Row, Sample, Target
from bnn_designer.bench.targets import COST_IMPORT, COST_OF_A_DESIGN
from bnn_designer.cost import cost
from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, GlobalPool, Head, Shortcut
from bnn_designer.graph import lower

SHORTCUTS = (32, 100)
_IMPORT = "import time; start = time.perf_counter(); import bnn_designer.cost; print(time.perf_counter() - start)"


def measure(request: Request) -> Iterator[Row]:
    """Costs of two designs, reading each from JSON, and the import."""
    for shortcuts in SHORTCUTS:
        design = bi_real(shortcuts)
        layers, text = len(lower(design).layers), design.to_json()
        calls: dict[str, Callable[[], object]] = {
            f"cost of {layers} layers": lambda design=design: cost(design),  # type: ignore[misc]
            f"reading its JSON, {len(design.blocks)} blocks": lambda text=text: Design.from_json(text),  # type: ignore[misc]
        }
        for what, call in calls.items():
            if request.wants(what):
                yield row_alone(what, timed(call), request.pace(), COST_OF_A_DESIGN)
    what = "import bnn_designer.cost"
    if request.wants(what):
        yield row_alone(what, import_ms, request.pace(seconds=5.0, least=5, most=20), COST_IMPORT)


def row_alone(what: str, turn: Turn, pace: Pace, target: Target) -> Row:
    """The row of a thing that no peer does, on one thread."""
    return Row(what, 1, Sample.of("bnn-designer", take_turns({what: turn}, pace)[what]), None, target)


def bi_real(shortcuts: int) -> Design:
    """A stem, so many binary convolutions with batch norm and shortcut, a head: 3 * shortcuts + 5 layers."""
    norm = BatchNormOptions()
    body = tuple(Shortcut(body=(BinaryConv(filters=64, batch_norm=norm),)) for _ in range(shortcuts))
    return Design(blocks=(Conv(filters=64, batch_norm=norm), *body, GlobalPool(), Head()))


def import_ms() -> float:
    """ms that the import takes in a process of its own, the start of Python left out."""
    finished = subprocess.run([sys.executable, "-c", _IMPORT], capture_output=True, text=True, check=True)
    return 1e3 * float(finished.stdout)
