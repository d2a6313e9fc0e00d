"""Which data set a run trains on, where it is or what to do to have it, and the edit that makes the design fit it."""

from __future__ import annotations

import streamlit as st

from bnn_designer.design import Design
from bnn_designer.training.data import SETS, DataStatus, Facts, describe_data, fitting_edit, own_sets
from bnn_designer.training.recipe import Recipe
from bnn_designer.ui.shared import drafting
from bnn_designer.ui.shared.block_form import OnChange
from bnn_designer.ui.shared.controlled import controlled_key, when_current
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import shape_text


def draw_data(data: str, on_change: OnChange) -> tuple[DataStatus, bool]:
    """The choice of a data set and how it stands with the chosen one; that, and whether a run may start.

    A page can be reached by many, so it offers the published sets and what lies in the folders for data, and takes no
    path: of files elsewhere on this machine it says nothing.

    Args:
        data: of the recipe.
        on_change: called with the field's name and another data set.
    """
    own = {str(path): f"{path.name} · {path.parent}" for path in own_sets()}
    names = {name: source.title for name, source in SETS.items()} | own
    names.setdefault(data, data)
    key = controlled_key("recipe.data", data)
    st.selectbox(
        "Data",
        list(names),
        index=list(names).index(data),
        format_func=lambda option: names[option],
        key=key,
        help=f"{Recipe.model_fields['data'].description} Here are those that lie in the folder of BNN_DATA_DIR, or in "
        "`data` of the home folder; docs/data.md says how to lay them out.",
        on_change=when_current(key, lambda chosen: on_change(("data",), chosen)),
    )
    status = describe_data(data)
    return status, _draw_status(data, status)


def draw_fit(design: Design, facts: Facts | None) -> None:
    """A button that makes the design fit the data set, where changing its input and its classes is enough."""
    if facts is None or fitting_edit(design, facts) is None:
        return
    st.button(
        f"Set it to {shape_text(facts.shape)}, {facts.classes:,} classes",
        key="fit",
        help="Changes the input shape and the number of classes of this draft in one step. Undo brings them back.",
        on_click=_fit,
        args=(facts,),
    )


def _fit(facts: Facts) -> None:
    drafting.edit(lambda design: fitting_edit(design, facts))


def _draw_status(data: str, status: DataStatus) -> bool:
    if status.path is not None:
        facts = "" if status.facts is None else f" · {shape_text(status.facts.shape)}, {status.facts.classes:,} classes"
        st.caption(f"✓ {escape_markdown(status.title)} is in `{status.path}`{facts}.")
        return True
    if not status.downloadable:
        st.error(escape_markdown(str(status.problem)), icon="⚠️")
        return False
    st.warning(
        f"{status.title} is not on this machine. Set the environment variable `BNN_DATA_DIR` to the folder "
        f"that holds `{SETS[data].folders[0]}` and start the app again, or let the run download it."
    )
    size_mb = status.download_bytes / 1e6
    return st.checkbox(f"Download {status.title} ({size_mb:.0f} MB) when the run starts", key=f"download.{data}")
