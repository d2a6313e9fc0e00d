"""The target ``picture``: the network as SVG and PNG."""

from __future__ import annotations

from collections.abc import Mapping

from bnn_designer.cost.partial import figures
from bnn_designer.export.material import Material
from bnn_designer.export.written import Written
from bnn_designer.picture.outline import outline
from bnn_designer.picture.png import picture_png
from bnn_designer.picture.svg import FONT, picture_svg
from bnn_designer.targets import Verdict


def write_picture(material: Material, verdicts: Mapping[str, Verdict]) -> Written:
    """Both files; of a network that is too long for a PNG, the SVG.

    Raises:
        ExportError: the design is not known.
    """
    rows = outline(material.design, figures(material.design))
    files = {"network.svg": f"{picture_svg(material.design, rows, font=FONT)}\n".encode()}
    pixels = picture_png(material.design, rows)
    if pixels is None:
        return Written(files, notes=("network.png is not among them: it would be too large. The SVG has any size.",))
    return Written(files | {"network.png": pixels})
