"""What the advisor says: findings with their evidence, and fixes that are edits of the document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from bnn_designer.design.edits import Edit

#: error: the network cannot learn, or LCE refuses it. warning: it costs accuracy or most of the gain. hint: less.
Severity = Literal["error", "warning", "hint"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "hint")


@dataclass(frozen=True)
class Evidence:
    """Why a rule is one: the figure or the reasoning, and where it comes from ("derived": our own arithmetic)."""

    text: str
    source: str


@dataclass(frozen=True)
class Fix:
    """Edits of the document that mend a finding, in the order in which they are applied.

    Attributes:
        label: what a button says.
        edits: for :func:`bnn_designer.design.apply_edit`; as data, what ``parse_edit`` reads.
    """

    label: str
    edits: tuple[Edit, ...]

    def to_data(self) -> dict[str, Any]:
        return {"label": self.label, "edits": [edit.model_dump(mode="json") for edit in self.edits]}


@dataclass(frozen=True)
class Found:
    """What a rule's function says of one block; see :class:`Finding`, which adds the rule and the path."""

    block_id: str
    severity: Severity
    message: str
    evidence: tuple[Evidence, ...]
    fix: Fix | None = None
    choices: tuple[Fix, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One rule that one block does not follow.

    Attributes:
        rule: its name in :data:`bnn_designer.advisor.registry.RULES`.
        severity: how bad.
        path: the block's path, such as ``shortcut_2/binary_conv_3``.
        block_id: the block's id; "" where the document as a whole is meant.
        message: the sentence.
        evidence: number and source.
        fix: what mends it, where that is mechanical.
        choices: where two rules conflict, what changes to the other side; never applied unasked.
    """

    rule: str
    severity: Severity
    path: str
    block_id: str
    message: str
    evidence: tuple[Evidence, ...]
    fix: Fix | None = None
    choices: tuple[Fix, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """As ``bnn-designer advise --json`` prints it."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "path": self.path,
            "block_id": self.block_id,
            "message": self.message,
            "evidence": [{"text": one.text, "source": one.source} for one in self.evidence],
            "fix": self.fix.to_data() if self.fix else None,
            "choices": [choice.to_data() for choice in self.choices],
        }
