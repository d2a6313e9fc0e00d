"""The commands that look at designs: what rules say, what variants cost, how two differ, where they run in bits."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from bnn_designer.cli.terminal import console
from bnn_designer.design.find import find_design
from bnn_designer.errors import BnnDesignerError


@click.command()
@click.argument("design", metavar="PRESET|FILE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--fix", is_flag=True, help="Apply every fix that is mechanical, until none is left.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="With --fix: the file to write.")
@click.option("--force", is_flag=True, help="With -o: overwrite an existing file.")
def advise(design: str, as_json: bool, fix: bool, output: Path | None, force: bool) -> None:
    """Check a design against the rules of the field. Exits with 1 if an error is found."""
    from bnn_designer.advisor import advise as findings_of
    from bnn_designer.advisor import fix_all
    from bnn_designer.cli.tables.findings import print_findings, print_fixed
    from bnn_designer.files import write_text

    if (output is not None or force) and not fix:
        raise BnnDesignerError("-o and --force: only a fixed design is written. Add --fix.")
    network = find_design(design)
    fixed = fix_all(network) if fix else None
    findings = fixed.left if fixed else findings_of(network)
    if fixed and output is not None:
        write_text(output, fixed.design.to_json(), overwrite=force)
    if as_json:
        data: dict[str, object] = {"name": network.name, "findings": [finding.to_data() for finding in findings]}
        if fixed:
            data |= {"applied": [finding.to_data() for finding in fixed.applied]}
            data |= {"design": fixed.design.model_dump(mode="json")}
        click.echo(json.dumps(data, indent=2))
    else:
        if fixed:
            print_fixed(fixed, console())
        print_findings(findings, console())
        if output is not None:
            click.echo(f"{output}: written")
    if any(finding.severity == "error" for finding in findings):
        sys.exit(1)


@click.command(name="what-if")
@click.argument("design", metavar="PRESET|FILE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def what_if(design: str, as_json: bool) -> None:
    """Print what variants of a design would cost: precision of first and last layer, shortcuts, pool order, padding."""
    from bnn_designer.cli.tables.what_if import print_what_if
    from bnn_designer.compare import what_if as variants_of

    found = variants_of(find_design(design))
    if as_json:
        click.echo(json.dumps(found.to_data(), indent=2))
    else:
        print_what_if(found, console())


@click.command()
@click.argument("before", metavar="PRESET|FILE")
@click.argument("after", metavar="PRESET|FILE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def diff(before: str, after: str, as_json: bool) -> None:
    """Print what changed from one design to another, block by block, and what it costs."""
    from bnn_designer.cli.tables.diff import print_diff
    from bnn_designer.compare import diff as difference_of

    found = difference_of(find_design(before), find_design(after))
    if as_json:
        click.echo(json.dumps(found.to_data(), indent=2))
    else:
        print_diff(found, console())


@click.command()
@click.argument("design", metavar="PRESET|FILE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def targets(design: str, as_json: bool) -> None:
    """Print which blocks really run in bits on this engine, LCE, FINN, ST Edge AI and OpenVINO, and if not, why."""
    from bnn_designer.cli.tables.targets import print_verdicts, verdicts_data
    from bnn_designer.targets import verdicts

    network = find_design(design)
    found = verdicts(network)
    if as_json:
        click.echo(json.dumps(verdicts_data(network, found), indent=2))
    else:
        print_verdicts(network, found, console())


COMMANDS: tuple[click.Command, ...] = (advise, what_if, diff, targets)
