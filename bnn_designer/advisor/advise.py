"""Runs all rules on a design, and applies their fixes until none is left."""

from __future__ import annotations

from dataclasses import dataclass

from bnn_designer.advisor.finding import SEVERITIES, Evidence, Finding, Fix
from bnn_designer.advisor.registry import NOT_A_NETWORK, RULES
from bnn_designer.advisor.sources import DERIVED
from bnn_designer.advisor.subject import Subject
from bnn_designer.design import Design, apply_edit, walk
from bnn_designer.design.edits import Add, Move, Update
from bnn_designer.errors import DesignError
from bnn_designer.graph import lower


def advise(design: Design) -> tuple[Finding, ...]:
    """All findings: errors first, then warnings, then hints; of one severity in reading order, then by rule.

    Never raises: for a design that does not lower, the error is the one finding.
    """
    try:
        subject = Subject(design)
    except DesignError as error:
        evidence = (Evidence("No other rule can be checked until every tensor has a shape.", DERIVED),)
        message = f"{error.rule.rstrip('.')}. {error.mend.rstrip('.')}."
        block_id = error.path.rpartition("/")[2]
        return (Finding(NOT_A_NETWORK, "error", error.path, block_id, message, evidence),)
    findings: dict[tuple[str, str], Finding] = {}
    for rule in RULES:
        for found in rule.check(subject):
            key = (rule.id, found.block_id)
            if key not in findings:  # a block that is repeated makes several layers, and is one finding
                findings[key] = Finding(
                    rule.id,
                    found.severity,
                    subject.paths[found.block_id],
                    found.block_id,
                    found.message,
                    found.evidence,
                    found.fix,
                    found.choices,
                )
    return tuple(
        sorted(findings.values(), key=lambda one: (SEVERITIES.index(one.severity), subject.order[one.block_id]))
    )


@dataclass(frozen=True)
class Fixed:
    """A design after all its mechanical fixes.

    Attributes:
        design: the document.
        applied: the findings whose fixes were applied, in that order.
        left: the findings that remain.
    """

    design: Design
    applied: tuple[Finding, ...]
    left: tuple[Finding, ...]


def fix_all(design: Design) -> Fixed:
    """Applies fixes in rounds until none is left; each rule mends each block once, so that it ends.

    What two rules ask in opposite directions is not a fix but a choice, and stays.
    """
    applied: list[Finding] = []
    done: set[tuple[str, str]] = set()
    while True:
        findings = advise(design)
        design, mended = _all_applied(design, _together(design, findings, done))
        if not mended:
            return Fixed(design, tuple(applied), findings)
        applied += mended
        done |= {(finding.rule, finding.block_id) for finding in mended}


def _together(design: Design, findings: tuple[Finding, ...], done: set[tuple[str, str]]) -> list[Finding]:
    """The findings whose fixes can be applied in one round, since each says the same after those before it."""
    known = {block.id for _, block in walk(design.blocks)}
    chosen: list[Finding] = []
    moved, touched = False, set[tuple[str, str]]()
    for finding in findings:
        if finding.fix is None or (finding.rule, finding.block_id) in done:
            continue
        if moved and _names_places(known, finding.fix):  # said of the document before: next round
            continue
        fields = _fields(finding.fix)
        if fields & touched:  # both were said of the field as it was
            continue
        touched |= fields
        moved = moved or not all(isinstance(edit, Update) for edit in finding.fix.edits)
        chosen.append(finding)
    return chosen


def _all_applied(design: Design, findings: list[Finding]) -> tuple[Design, list[Finding]]:
    """The design with the fixes, and those that were applied: without those that others have made pointless or wrong.

    All are tried at once, and where that is not a network, each half of them by itself: lowering a design takes longer
    than editing it.
    """
    changed = _after(design, findings)
    if changed is not None:
        return changed, findings
    if len(findings) < 2:
        return design, []
    middle = len(findings) // 2
    design, first = _all_applied(design, findings[:middle])
    design, second = _all_applied(design, findings[middle:])
    return design, first + second


def _fields(fix: Fix) -> set[tuple[str, str]]:
    """The fields that a fix changes, each with its block's id."""
    return {(edit.block_id, field) for edit in fix.edits if isinstance(edit, Update) for field in edit.changes}


def _names_places(known: set[str], fix: Fix) -> bool:
    """Whether a fix counts places in a row, or names a block that it makes itself."""
    return any(
        isinstance(edit, Add | Move) or (isinstance(edit, Update) and edit.block_id not in known) for edit in fix.edits
    )


def _after(design: Design, findings: list[Finding]) -> Design | None:
    """The design with all their fixes; None where one is refused, or the result is not a network."""
    try:
        for finding in findings:
            for edit in finding.fix.edits if finding.fix else ():
                design = apply_edit(design, edit)
        lower(design)
    except DesignError:
        return None
    return design
