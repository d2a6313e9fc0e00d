"""What runs in bits at a target, before anything is exported: a sentence, and a row for each block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from bnn_designer.design import Design
from bnn_designer.export import Material
from bnn_designer.targets import STATES, Verdict
from bnn_designer.ui.shared.look import STATE_SIGNS, escape_markdown
from bnn_designer.units import counted

_WORDS = {"bits": "in bits", "int8": "in 8 bits", "float": "in floats", "refused": "refused", "unknown": "not known"}


@lru_cache(maxsize=32)
def judged(design: Design, target: str) -> dict[str, Verdict]:
    """What becomes of each block at a target of :mod:`bnn_designer.targets`, by its path; kept for the page's next
    runs. Raises DesignError where the design cannot be lowered.
    """
    return Material.of_model(design, None, "").verdicts(target)


def verdict_text(found: Mapping[str, Verdict]) -> str:
    """How many blocks run in what, the best first."""
    if not found:
        return "No block of this network has anything to run in bits."
    counts = Counter(one.state for one in found.values())
    parts = [f"{counts[state]:,} {_WORDS[state]}" for state in reversed(STATES) if counts[state]]
    return f"Of {counted(len(found), 'block')}: {', '.join(parts)}."


def verdict_rows(found: Mapping[str, Verdict]) -> list[dict[str, str]]:
    """The table, in Markdown."""
    return [
        {"Block": escape_markdown(path), "Runs in": STATE_SIGNS[one.state], "Why": escape_markdown(one.reason)}
        for path, one in found.items()
    ]
