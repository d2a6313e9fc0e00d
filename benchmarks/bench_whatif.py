"""How fast the advisor and what-if answer: `python -m benchmarks.bench_whatif [--json]`.

All variants of a design should take less than 0.5 s, so that a page can show them after an edit. Shown are the least
and the median time for BinaryNet, for QuickNetLarge and for the preset of the most layers.
"""

from __future__ import annotations

from benchmarks.rounds import Result, main, result, seconds_of
from bnn_designer.advisor import advise, fix_all
from bnn_designer.compare import VARIANTS, diff, what_if
from bnn_designer.design.presets import preset

DESIGNS = ("binarynet", "quicknet-large", "group-net-18")


def measure(rounds: int) -> list[Result]:
    results = []
    for name in DESIGNS:
        design = preset(name)
        fixed = fix_all(design).design
        jobs = {
            f"{len(VARIANTS)} variants": lambda design=design: what_if(design),
            "advice": lambda design=design: advise(design),
            "diff to the fixed design": lambda design=design, fixed=fixed: diff(design, fixed),
        }
        for what, job in jobs.items():
            results.append(result(f"{name}: {what}", [seconds_of(job) for _ in range(rounds)], 500))
    return results


if __name__ == "__main__":
    main("whatif", __doc__, measure, rounds=10)
