"""What is measured of the advisor and what-if: three answers for each of three presets."""

from __future__ import annotations

from bnn_designer.bench.cases.planned import Planned
from bnn_designer.bench.request import Request
from bnn_designer.compare import VARIANTS

DESIGNS = ("binarynet", "quicknet-large", "group-net-18")

#: Way -> how its row's text ends.
WHAT_IF, ADVICE, DIFF = "what if", "advice", "diff"
_ANSWERS = {WHAT_IF: f"{len(VARIANTS)} variants", ADVICE: "advice", DIFF: "diff to the fixed design"}


def planned(_: Request) -> list[Planned[str]]:
    return [Planned(f"{name}: {text}", name, way) for name in DESIGNS for way, text in _ANSWERS.items()]
