"""The advisor: the field's rules, what breaks them in a design, and the edits that mend it. Pure Python."""

from bnn_designer.advisor.advise import advise
from bnn_designer.advisor.finding import SEVERITIES, Evidence, Finding, Fix, Severity
from bnn_designer.advisor.fixing import Fixed, fix_all
from bnn_designer.advisor.registry import RULES, Rule

__all__ = ["RULES", "SEVERITIES", "Evidence", "Finding", "Fix", "Fixed", "Rule", "Severity", "advise", "fix_all"]
