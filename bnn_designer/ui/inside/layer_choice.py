"""Which layer the page shows, in the address as all choices are."""

from __future__ import annotations

from collections.abc import Sequence

from bnn_designer.ui.shared.choice_widgets import draw_select
from bnn_designer.ui.shared.choices import choice

#: How all charts of this page are shown.
PLOT = {"displaylogo": False, "displayModeBar": False}
_PARAMETER = "layer"


def chosen_layer(names: Sequence[str], run_id: str) -> str:
    """Draws the list of layers, and returns the one that is chosen.

    The parts of the page share the choice, and so do two runs beside each other; where one of them has no such layer,
    it shows its first.
    """
    wanted = choice(_PARAMETER, "")
    name = wanted if wanted in names else names[0]
    draw_select(
        "Layer",
        _PARAMETER,
        name,
        {one: one for one in names},
        "",
        key=f"inside_layer_{run_id}",
        width=320,
        help="The layers of the network that have what this part shows, in running order.",
    )
    return name
