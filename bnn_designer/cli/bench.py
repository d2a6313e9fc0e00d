"""``bnn-designer bench``: the benchmarks, each a command with the same options."""

from __future__ import annotations

import json
from typing import Any

import click

from bnn_designer.bench.rows import Row
from bnn_designer.cli import bench_scaling
from bnn_designer.cli.terminal import console, no_wait, say

_WHAT = {
    "gemm": "The XNOR GEMM core beside the FMA peak of the core, and beside bnn-lab's kernel.",
    "conv": "The binary convolution beside TensorFlow's float one, and beside XNNPACK's int8 one.",
    "float-conv": "The engine's own float convolution beside oneDNN's, layer by layer.",
    "model": "Whole networks, one image, beside Larq Compute Engine.",
    "train": "A training step and its peak memory, beside the same model with the float engine.",
    "cost": "The cost report of a design, and the import of the cost model, each against a time limit.",
    "what-if": "Advice, variants and differences of designs, each against a time limit.",
    "ui": "The pages in a real browser beside a bare page of Streamlit's: edits, page loads, 30 people at once.",
}

_ABOUT = """

Contenders take turns in one run. Each row has the minimum and median times of both, their ratio and its target. What
each row measures, and how to get each peer: docs/benchmarks.md. Two measurements at once would disturb each other: this
one waits for others on this machine, in terminals and on the pages."""


@click.group(name="bench")
def bench() -> None:
    """Measure every claim about speed, beside the peers it is made about."""


def _command(name: str) -> click.Command:
    @click.command(name=name, help=_WHAT[name] + _ABOUT)
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document, and no progress.")
    @click.option("--list", "as_list", is_flag=True, help="Print what rows there are, and measure nothing.")
    @click.option("--threads", metavar="N|all", help="For all contenders. [default: 1 and all]")
    @click.option("--rounds", type=click.IntRange(min=1), help="Rounds of each case. [default: as many as fit]")
    @click.option("--only", default="", metavar="TEXT", help="Only the cases whose text contains this, such as 128@.")
    @click.option("--kernels", metavar="SET", help="Our kernels on this instruction set. [default: the best here]")
    @no_wait
    def command(as_json: bool, as_list: bool, no_wait: bool, **options: Any) -> None:
        from bnn_designer.bench.cases.table import texts
        from bnn_designer.bench.run import plan, run
        from bnn_designer.cli.tables.bench import print_report
        from bnn_designer.measuring.machine import taken

        requests = plan(name, **options)
        if as_list:
            click.echo("\n".join(texts(requests)))
            return
        with taken(f"bench {name} in a terminal", wait=not no_wait, say=say):
            report = run(requests) if as_json else run(requests, _progress)
        if as_json:
            click.echo(json.dumps(report.to_data(), indent=2))
        else:
            print_report(report, console())

    return command


def _progress(row: Row) -> None:
    """One line to standard error as soon as a row is there: the whole takes minutes."""
    say(f"{row.what}, {row.threads} threads{_against(row)}")


def _against(row: Row) -> str:
    if row.peer is None:
        return ""
    return f", against {row.peer.name}: {'not available' if row.ratio is None else f'{row.ratio:.2f} x'}"


for _name in _WHAT:
    bench.add_command(_command(_name))
for _other in bench_scaling.COMMANDS:
    bench.add_command(_other)

COMMANDS: tuple[click.Command, ...] = (bench,)
