"""Which layer the page shows, in the address as all choices are."""

from __future__ import annotations

from collections.abc import Sequence

from bnn_designer.ui.shared.choice_widgets import draw_select
from bnn_designer.ui.shared.choices import choice

#: How all charts of this page are shown.
PLOT = {"displaylogo": False, "displayModeBar": False}
_PARAMETER = "layer"


def chosen_layer(names: Sequence[str], beside: Sequence[str], run_id: str) -> str:
    """Draws the list of layers, and returns the one that is chosen.

    The parts of the page share the choice, and so do two runs beside each other. Where none is chosen, or a run has no
    such layer, it shows the first that both have, and else its own first.

    Args:
        names: of the run's layers; at least one.
        beside: those of the run that stands beside it, or its own.
        run_id: the run's.
    """
    wanted = choice(_PARAMETER, "")
    name = wanted if wanted in names else next((one for one in names if one in beside), names[0])
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
