"""Whether the blocks of a design really run in bits on each target. Pure Python."""

from bnn_designer.targets.verdict import STATES, State, Verdict
from bnn_designer.targets.verdicts import TARGETS, Target, verdicts

__all__ = ["STATES", "TARGETS", "State", "Target", "Verdict", "verdicts"]
