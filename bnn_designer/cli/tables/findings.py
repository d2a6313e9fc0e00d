"""The advisor's findings as text in the terminal."""

from __future__ import annotations

from rich.console import Console

from bnn_designer.advisor import Fixed
from bnn_designer.advisor.finding import SEVERITIES, Finding
from bnn_designer.units import counted

_STYLES = {"error": "bold red", "warning": "yellow", "hint": "cyan"}


def print_findings(findings: tuple[Finding, ...], console: Console) -> None:
    """Prints each rule's findings together: those of one sentence and evidence once, with the paths of all blocks."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule, finding.message, finding.evidence), []).append(finding)
    for same in groups.values():
        first = same[0]
        console.print(f"[{_STYLES[first.severity]}]{first.severity}[/] {first.rule}: ", end="")
        console.print(", ".join(finding.path for finding in same), highlight=False, markup=False)
        console.print(f"  {first.message}", highlight=False, markup=False)
        for evidence in first.evidence:
            console.print(f"  - {evidence.text} ({evidence.source})", highlight=False, markup=False)
        for word, offer in (("Fix", first.fix), *(("Either way", choice) for choice in first.choices)):
            if offer is not None:
                console.print(f"  {word}: {offer.label}", highlight=False, markup=False)
    numbers = {severity: sum(one.severity == severity for one in findings) for severity in SEVERITIES}
    counts = [f"{number} {severity}{'' if number == 1 else 's'}" for severity, number in numbers.items()]
    console.print(", ".join(counts) if findings else "No findings.", highlight=False)


def print_fixed(fixed: Fixed, console: Console) -> None:
    """Prints each fix that was applied."""
    for finding in fixed.applied:
        label = finding.fix.label if finding.fix else ""
        console.print(f"{finding.path}: {label} ({finding.rule})", highlight=False, markup=False)
    fixes, left = counted(len(fixed.applied), "fix", "fixes"), counted(len(fixed.left), "finding")
    console.print(f"{fixes} applied, {left} left.", highlight=False)
