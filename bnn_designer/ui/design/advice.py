"""The advisor's findings for a page: kept for the design they are about, counted by block, applied."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache

from bnn_designer.advisor import SEVERITIES, Finding, Fix, Severity, advise, fix_all
from bnn_designer.design import Design, apply_edit


@lru_cache(maxsize=32)
def findings(design: Design) -> tuple[Finding, ...]:
    """All findings about a design, the worst first."""
    return advise(design)


def by_block(found: tuple[Finding, ...]) -> dict[str, tuple[Finding, ...]]:
    """The findings at each block, by its id; "" for those about the whole design."""
    blocks: dict[str, list[Finding]] = defaultdict(list)
    for finding in found:
        blocks[finding.block_id].append(finding)
    return {block_id: tuple(mine) for block_id, mine in blocks.items()}


def worst(found: tuple[Finding, ...]) -> Severity | None:
    """The worst severity among findings; None where there are none."""
    return min((finding.severity for finding in found), key=SEVERITIES.index, default=None)


def apply_fix(design: Design, rule: str, block_id: str, label: str) -> Design:
    """The design with one fix of one finding. The same design where the finding is gone.

    The fix is looked up anew: a press may come after the design has changed, and a fix names blocks and places.

    Raises:
        DesignError: the fix is refused.
    """
    fix = _find(design, rule, block_id, label)
    for edit in fix.edits if fix is not None else ():
        design = apply_edit(design, edit)
    return design


def apply_all(design: Design, rule: str | None = None) -> Design:
    """The design with all mechanical fixes, or all those of one rule."""
    return fix_all(design, rule).design


def _find(design: Design, rule: str, block_id: str, label: str) -> Fix | None:
    for finding in findings(design):
        if (finding.rule, finding.block_id) == (rule, block_id):
            offered = (*((finding.fix,) if finding.fix else ()), *finding.choices)
            return next((fix for fix in offered if fix.label == label), None)
    return None
