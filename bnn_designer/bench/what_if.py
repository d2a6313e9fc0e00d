"""How fast the advisor and what-if answer. Nobody is beside them: the target is a time.

All variants of a design should take less than 0.5 s, so that a page can show them after an edit; for BinaryNet, for
QuickNetLarge and for the preset of the most layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bnn_designer.advisor import advise, fix_all
from bnn_designer.bench.cost import row_alone
from bnn_designer.bench.request import Request
from bnn_designer.bench.rounds import timed
from bnn_designer.bench.rows import Row
from bnn_designer.bench.targets import WHAT_IF
from bnn_designer.compare import VARIANTS, diff, what_if
from bnn_designer.design import Design
from bnn_designer.design.presets import preset

DESIGNS = ("binarynet", "quicknet-large", "group-net-18")


def measure(request: Request) -> Iterator[Row]:
    """Three rows a design."""
    for name in DESIGNS:
        for what, call in calls_of(preset(name)).items():
            text = f"{name}: {what}"
            if request.wants(text):
                yield row_alone(text, timed(call), request.pace(least=5, most=50), WHAT_IF)


def calls_of(design: Design) -> dict[str, Callable[[], object]]:
    fixed = fix_all(design).design
    return {
        f"{len(VARIANTS)} variants": lambda: what_if(design),
        "advice": lambda: advise(design),
        "diff to the fixed design": lambda: diff(design, fixed),
    }
