"""``bnn-designer bench``: the benchmarks, each a command with the same options."""

from __future__ import annotations

import json
from typing import Any

import click

from bnn_designer.bench.rows import Row
from bnn_designer.cli.terminal import console

_WHAT = {
    "gemm": "The XNOR GEMM core beside the FMA peak of the core, and beside bnn-lab's kernel.",
    "conv": "The binary convolution beside TensorFlow's float one, and beside XNNPACK's int8 one.",
    "float-conv": "The engine's own float convolution beside oneDNN's, layer by layer.",
    "model": "Whole networks, one image, beside Larq Compute Engine.",
    "train": "A training step and its peak memory, beside the same model with the float engine.",
    "cost": "The cost report of a design, and the import of the cost model, each against a time limit.",
    "what-if": "Advice, variants and differences of designs, each against a time limit.",
}

_ABOUT = """

Contenders take turns in one run. Each row has the minimum and median times of both, their ratio and its target. What
each row measures, and how to get each peer: docs/benchmarks.md."""


@click.group(name="bench")
def bench() -> None:
    """Measure every claim about speed, beside the peers it is made about."""


def _command(name: str) -> click.Command:
    @click.command(name=name, help=_WHAT[name] + _ABOUT)
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document, and no progress.")
    @click.option("--threads", metavar="N|all", help="For all contenders. [default: 1 and all]")
    @click.option("--rounds", type=click.IntRange(min=1), help="Rounds of each case. [default: as many as fit]")
    @click.option("--only", default="", metavar="TEXT", help="Only the cases whose text contains this, such as 128@.")
    def command(as_json: bool, **options: Any) -> None:
        from bnn_designer.bench.run import run
        from bnn_designer.cli.tables.bench import print_report

        if as_json:
            click.echo(json.dumps(run(name, **options).to_data(), indent=2))
            return
        print_report(run(name, **options, on_row=_progress), console())

    return command


def _progress(row: Row) -> None:
    """One line to standard error as soon as a row is there: the whole takes minutes."""
    click.echo(f"{row.what}, {row.threads} threads{_against(row)}", err=True)


def _against(row: Row) -> str:
    if row.peer is None:
        return ""
    return f", against {row.peer.name}: {'not available' if row.ratio is None else f'{row.ratio:.2f} x'}"


for _name in _WHAT:
    bench.add_command(_command(_name))

COMMANDS: tuple[click.Command, ...] = (bench,)
