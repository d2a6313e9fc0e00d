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
        count = len(applied)
        moved, touched = False, set[tuple[str, str]]()
        for finding in findings:
            key = (finding.rule, finding.block_id)
            if finding.fix is None or key in done:
                continue
            moves = not all(isinstance(edit, Update) for edit in finding.fix.edits)
            if moved and _names_places(design, finding.fix):  # said of the document before: next round
                continue
            fields = _fields(finding.fix)
            if fields & touched:  # both were said of the field as it was
                continue
            changed = _after(design, finding)
            if changed is None:
                continue
            touched |= fields
            design, moved = changed, moved or moves
            applied.append(finding)
            done.add(key)
        if len(applied) == count:
            return Fixed(design, tuple(applied), findings)


def _fields(fix: Fix) -> set[tuple[str, str]]:
    """The fields that a fix changes, each with its block's id."""
    return {(edit.block_id, field) for edit in fix.edits if isinstance(edit, Update) for field in edit.changes}


def _names_places(design: Design, fix: Fix) -> bool:
    """Whether a fix counts places in a row, or names a block that it makes itself."""
    known = {block.id for _, block in walk(design.blocks)}
    return any(
        isinstance(edit, Add | Move) or (isinstance(edit, Update) and edit.block_id not in known) for edit in fix.edits
    )


def _after(design: Design, finding: Finding) -> Design | None:
    """The design with a fix; None where another fix of the same round has made it pointless or wrong."""
    assert finding.fix is not None
    try:
        for edit in finding.fix.edits:
            design = apply_edit(design, edit)
        lower(design)
    except DesignError:
        return None
    return design
