"""How fast the advisor and what-if answer. Nobody is beside them: the target is a time.

All variants of a design should take less than 0.5 s, so that a page can show them after an edit; for BinaryNet, for
QuickNetLarge and for the preset of the most layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bnn_designer.advisor import advise, fix_all
from bnn_designer.bench import targets
from bnn_designer.bench.cases.planned import wanted
from bnn_designer.bench.cases.what_if import ADVICE, DIFF, WHAT_IF, planned
from bnn_designer.bench.cost import row_alone
from bnn_designer.bench.request import Request
from bnn_designer.bench.rounds import timed
from bnn_designer.bench.rows import Row
from bnn_designer.compare import diff, what_if
from bnn_designer.design import Design
from bnn_designer.design.presets import preset


def measure(request: Request) -> Iterator[Row]:
    """Three rows a design."""
    for name, texts in wanted(request, planned(request)).items():
        calls = calls_of(preset(name))
        for way, text in texts.items():
            yield row_alone(text, timed(calls[way]), request.pace(least=5, most=50), targets.WHAT_IF)


def calls_of(design: Design) -> dict[str, Callable[[], object]]:
    fixed = fix_all(design).design
    return {WHAT_IF: lambda: what_if(design), ADVICE: lambda: advise(design), DIFF: lambda: diff(design, fixed)}
