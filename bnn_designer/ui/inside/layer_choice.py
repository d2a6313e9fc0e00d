"""Which layer of a run the page shows, in the address as all choices are."""

from __future__ import annotations

from collections.abc import Sequence

from bnn_designer.ui.shared.choice_widgets import draw_select
from bnn_designer.ui.shared.choices import choice

#: How all charts of this page are shown.
PLOT = {"displaylogo": False, "displayModeBar": False}


def chosen_layer(names: Sequence[str], run_id: str) -> str:
    """Draws the list of layers, and returns the one that is chosen; the parts of the page share the choice."""
    parameter = f"layer-{run_id}"
    name = choice(parameter, names[0], names)
    draw_select(
        "Layer",
        parameter,
        name,
        {one: one for one in names},
        names[0],
        key=f"inside_layer_{run_id}",
        width=320,
        help="The layers of the network that have what this part shows, in running order.",
    )
    return name
