"""Whether fixed-point gradients train as well as exact ones: accuracy curves of several seeds on real CIFAR-10.

    python -m bnn_designer.bench.gradient_curves [--preset NAME] [--epochs N] [--subset N] [--seeds N ...]
                                                 [--gradients ...] [--json FILE]

Every run goes through the training loop the product uses, with everything but the kind of gradients equal. A kind
stays within noise where the two means of the last epoch's accuracy over n seeds do not differ at the 5 % level of
Student's t test: by no more than t(2 n - 2) standard errors of the difference, sqrt(s1^2 / n + s2^2 / n); for three
seeds t is 2.78. Takes a minute or more for each run; not part of
``make bench``. Finished runs in FILE are not repeated, so an interrupted series can go on.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
from pathlib import Path
from typing import Any, cast

from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.files import write_text
from bnn_designer.training.data import load
from bnn_designer.training.loop import train
from bnn_designer.training.recipe import Recipe

KINDS = ("float", "int16", "int8")

# Two-sided 5 % points of Student's t, by degrees of freedom.
STUDENT = {2: 4.303, 4: 2.776, 6: 2.447, 8: 2.306, 10: 2.228, 12: 2.179, 14: 2.145, 16: 2.120, 18: 2.101}


def run(name: str, recipe: Recipe) -> dict[str, Any]:
    """One training run: what made it, and the accuracy and loss on the test images after each epoch."""
    result = train(preset(name), recipe, load(), on_event=lambda event: None, should_cancel=lambda: False)
    return {
        **described(name, recipe),
        "accuracy": [epoch.val_accuracy for epoch in result.epochs],
        "loss": [epoch.val_loss for epoch in result.epochs],
        "seconds": [epoch.seconds for epoch in result.epochs],
    }


def described(name: str, recipe: Recipe) -> dict[str, Any]:
    return {"preset": name, "recipe": recipe.model_dump(mode="json")}


def summary(runs: list[dict[str, Any]]) -> list[str]:
    """A line for each kind of gradients, with its distance from "float" beside the largest that noise explains."""
    lines = []
    exact = _finals(runs, "float")
    for kind in KINDS:
        finals = _finals(runs, kind)
        if not finals:
            continue
        curves = [one["accuracy"] for one in runs if one["recipe"]["gradients"] == kind]
        means = ", ".join(f"{100 * statistics.mean(epoch):.1f}" for epoch in zip(*curves, strict=True))
        line = f"{kind:6} {len(finals)} seeds, mean accuracy by epoch {means} %"
        if len(finals) > 1:
            line += f", last epoch +- {100 * statistics.stdev(finals):.1f}"
        if kind != "float" and len(finals) == len(exact) and 2 * len(exact) - 2 in STUDENT:
            error = math.sqrt((statistics.variance(finals) + statistics.variance(exact)) / len(exact))
            difference = statistics.mean(finals) - statistics.mean(exact)
            noise = STUDENT[2 * len(exact) - 2] * error
            verdict = "within noise" if abs(difference) <= noise else "NOT within noise"
            line += f"; {100 * difference:+.1f} points from float, noise explains {100 * noise:.1f}: {verdict}"
        lines.append(line)
    return lines


def _finals(runs: list[dict[str, Any]], kind: str) -> list[float]:
    return [one["accuracy"][-1] for one in runs if one["recipe"]["gradients"] == kind]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=sorted(PRESETS), default="bi-real-cifar")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--subset", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--gradients", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--json", type=Path, help="keep the runs in this file, and take finished ones from it")
    arguments = parser.parse_args()
    runs = cast(list[dict[str, Any]], json.loads(arguments.json.read_text())) if _exists(arguments.json) else []
    wanted = []
    for seed in arguments.seeds:
        for kind in arguments.gradients:
            recipe = Recipe.from_fields(epochs=arguments.epochs, subset=arguments.subset, seed=seed, gradients=kind)
            wanted.append(described(arguments.preset, recipe))
            if any({key: one[key] for key in ("preset", "recipe")} == wanted[-1] for one in runs):
                continue
            runs.append(run(arguments.preset, recipe))
            curve = ", ".join(f"{100 * accuracy:.1f}" for accuracy in runs[-1]["accuracy"])
            print(f"{arguments.preset} seed {seed} {kind}: {curve} %", flush=True)
            if arguments.json is not None:
                write_text(arguments.json, json.dumps(runs, indent=1), overwrite=True)
    for line in summary([one for one in runs if {key: one[key] for key in ("preset", "recipe")} in wanted]):
        print(line)


def _exists(path: Path | None) -> bool:
    return path is not None and path.exists()


if __name__ == "__main__":
    main()
