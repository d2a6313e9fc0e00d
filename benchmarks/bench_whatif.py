"""How fast the advisor and what-if answer: `python -m benchmarks.bench_whatif [--json]`.

All variants of a design should take less than 0.5 s, so that a page can show them after an edit. Shown are the least
and the median time for BinaryNet, for QuickNetLarge and for the preset of the most layers.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from benchmarks.bench_cost import Result, result, seconds_of
from bnn_designer.advisor import advise, fix_all
from bnn_designer.compare import diff
from bnn_designer.design.presets import preset
from bnn_designer.whatif import VARIANTS, what_if

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object in place of the table")
    parser.add_argument("--rounds", type=int, default=10, help="how often each is done (default 10)")
    options = parser.parse_args()
    results = measure(options.rounds)
    if options.json:
        print(json.dumps({"benchmark": "whatif", "results": [asdict(item) for item in results]}, indent=2))
        return
    print(f"{'':40}{'least':>10}{'median':>11}{'target':>11}")
    for item in results:
        print(f"{item.what:40}{item.least_ms:>7.1f} ms{item.median_ms:>8.1f} ms{item.target_ms:>8.0f} ms")


if __name__ == "__main__":
    main()
