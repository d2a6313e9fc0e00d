"""The target ``report``: a network on one page."""

from __future__ import annotations

from collections.abc import Mapping

from bnn_designer.advisor import advise
from bnn_designer.cost import cost
from bnn_designer.cost.partial import figures
from bnn_designer.export.material import Material
from bnn_designer.export.report.page import report_page
from bnn_designer.export.written import Written
from bnn_designer.picture.outline import outline
from bnn_designer.targets import Verdict
from bnn_designer.targets import verdicts as verdicts_of


def write_report(material: Material, verdicts: Mapping[str, Verdict]) -> Written:
    """The page.

    Raises:
        ExportError: the design is not known.
    """
    return Written({"report.html": report_of(material).encode()})


def report_of(material: Material) -> str:
    """The page's text; raises as :func:`write_report`."""
    design, report = material.design, cost(material.design)
    rows = outline(design, figures(design))
    return report_page(design, report, rows, advise(design), verdicts_of(report), material.weights, material.curves)
