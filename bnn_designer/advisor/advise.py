"""Runs all rules on a design, and applies their fixes until none is left."""

from __future__ import annotations

from bnn_designer.advisor.finding import SEVERITIES, Evidence, Finding
from bnn_designer.advisor.local import Places
from bnn_designer.advisor.registry import NOT_A_NETWORK, RULES
from bnn_designer.advisor.sources import DERIVED
from bnn_designer.advisor.subject import Subject
from bnn_designer.design import Design
from bnn_designer.errors import DesignError


def advise(design: Design) -> tuple[Finding, ...]:
    """All findings: errors first, then warnings, then hints; of one severity in reading order, then by rule.

    Never raises: for a design that does not lower, the error is the one finding.
    """
    return findings_of(design)[0]


def findings_of(design: Design, priced: bool = True) -> tuple[tuple[Finding, ...], Places | None]:
    """The findings as :func:`advise` gives them, and where the blocks stand; None if the design does not lower.

    With ``priced`` False what changes cost is not worked out, and choices that depend on it are left out.
    """
    try:
        subject = Subject(design, priced)
    except DesignError as error:
        evidence = (Evidence("No other rule can be checked until every tensor has a shape.", DERIVED),)
        message = f"{error.rule.rstrip('.')}. {error.mend.rstrip('.')}."
        block_id = error.path.rpartition("/")[2]
        return (Finding(NOT_A_NETWORK, "error", error.path, block_id, message, evidence),), None
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
    order = sorted(findings.values(), key=lambda one: (SEVERITIES.index(one.severity), subject.order[one.block_id]))
    return tuple(order), subject.places
