"""Whose run it will be and whether the server lets it in: name, limits, and before Start is pressed why not."""

from __future__ import annotations

import streamlit as st

from bnn_designer.runs.limits import Entry, LimitError, Limits, limit_texts, limits_set, refusal_of_all
from bnn_designer.ui.shared import tab
from bnn_designer.ui.shared.limit_usage import usage_now
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.ui.shared.person_view import draw_person


def draw_entry(epochs: int, runs: int) -> bool:
    """The name and the limits; whether so many runs of so many epochs each may come in."""
    with st.container():  # always there, so that what is below keeps its place
        try:
            allowed = limits_set()
        except LimitError as error:
            st.error(escape_markdown(str(error)), icon="⚠️")
            return False
        draw_person("train", is_needed=allowed.of_person is not None)
        return not allowed.any or _draw_limits(allowed, epochs, runs)


def _draw_limits(allowed: Limits, epochs: int, runs: int) -> bool:
    person = tab.notes().person
    usage = usage_now(allowed, person)
    st.caption(escape_markdown(f"This server allows: {'; '.join(limit_texts(allowed, usage, person))}."))
    reason = refusal_of_all(allowed, [Entry(person, epochs)] * runs, lambda _: usage)
    if reason is not None:
        st.warning(escape_markdown(reason))
    return reason is None
