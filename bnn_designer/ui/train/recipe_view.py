"""The recipe on the Train page: one by name, what to expect of it, and all its values folded away."""

from __future__ import annotations

from typing import Any

import streamlit as st

from bnn_designer.design import Design
from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs.drafts import Draft
from bnn_designer.training.known_recipes import KnownRecipe, name_of, recipes_for
from bnn_designer.training.recipe import Recipe
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.block_form import draw_fields, with_field
from bnn_designer.ui.shared.controlled import controlled_key, when_current
from bnn_designer.ui.shared.draft_recipe import kept_recipe
from bnn_designer.ui.shared.fields import form_fields
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.ui.train.twin_view import draw_teacher

#: In the session: the draft and the name of the recipe that was chosen for it last, since its values alone do not tell
#: a recipe that changes the design.
_CHOSEN = "known_recipe"

#: The data set has a place of its own, above.
_FIELDS = tuple(spec for spec in form_fields(Recipe) if spec.name != "data")
#: What nearly every run sets for itself; the other fields are folded.
_OPEN = ("epochs", "subset")


def draw_recipe(draft: Draft) -> None:
    """The choice, what it says, and the values."""
    recipe, known = recipe_of(draft), recipes_for(draft.design)
    name = _name(draft, recipe)
    names: tuple[str | None, ...] = (None, *known)
    key = controlled_key("train.recipe", name)
    st.selectbox(
        "Recipe",
        range(len(names)),
        index=names.index(name),
        format_func=lambda index: _title(names[index], known),
        key=key,
        help="Values of the training, by name. Data, seed and engine stay as they are.",
        on_change=when_current(key, lambda index: _choose(names[index])),
    )
    with st.container():  # always there: else the values below it move and, as other elements, fold up while one types
        if name is not None:
            _draw_known(known[name], draft.design)
    draw_teacher(recipe)
    values = recipe.model_dump()
    draw_fields([spec for spec in _FIELDS if spec.name in _OPEN], values, "recipe", change_recipe)
    with st.expander("All other values"):
        draw_fields([spec for spec in _FIELDS if spec.name not in _OPEN], values, "recipe", change_recipe)


def recipe_of(draft: Draft) -> Recipe:
    """The recipe kept with the draft; the default where there is none, or one that cannot be read any more."""
    recipe, problem = kept_recipe(draft)
    if problem is not None:
        state.notify(f"The recipe of this draft cannot be read; the default one is shown instead. {problem}", "warning")
    return recipe


def design_of(draft: Draft) -> Design:
    """The design to train: the draft's, without what the chosen recipe leaves out.

    Raises:
        DesignError: there is nothing of that to leave out.
    """
    name = _name(draft, recipe_of(draft))
    return draft.design if name is None else recipes_for(draft.design)[name].design(draft.design)


def change_recipe(names: tuple[str, ...], value: Any) -> None:
    """Keeps a changed field with the draft as it is now."""
    with state.reported():
        draft = state.current_draft()
        if draft is not None:
            recipe = recipe_of(draft)
            changed = recipe.changed(**{names[0]: with_field(recipe.model_dump(), names, value)[names[0]]})
            state.drafts().set_recipe(draft.id, changed.to_json())


def _name(draft: Draft, recipe: Recipe) -> str | None:
    """The recipe that was chosen, as long as its values are those shown; else the one whose values these are."""
    draft_id, name = st.session_state.get(_CHOSEN, (None, None))
    known = recipes_for(draft.design).get(name) if draft_id == draft.id else None
    if known is not None and known.recipe(recipe) == recipe:
        return str(name)
    return name_of(recipe, draft.design)


def _title(name: str | None, known: dict[str, KnownRecipe]) -> str:
    if name is None:
        return "values of your own"
    return f"{known[name].title} · to see what goes wrong" if known[name].goes_wrong else known[name].title


def _draw_known(known: KnownRecipe, design: Design) -> None:
    st.caption(escape_markdown(known.expect))
    st.caption(escape_markdown(f"Measured: {known.measured}"))
    if known.change is not None:
        try:
            st.caption(f"The run trains a changed design: {escape_markdown(known.design(design).name)}.")
        except BnnDesignerError as error:
            st.warning(escape_markdown(str(error)))


def _choose(name: str | None) -> None:
    with state.reported():
        draft = state.current_draft()
        if draft is not None and name is not None:
            recipe = recipes_for(draft.design)[name].recipe(recipe_of(draft))
            state.drafts().set_recipe(draft.id, recipe.to_json())
            st.session_state[_CHOSEN] = (draft.id, name)
