"""The glossary on a page: a popover that lists the words of the field, with a search."""

from __future__ import annotations

import streamlit as st

from bnn_designer.ui.shared.glossary import Word, search_words
from bnn_designer.ui.shared.look import escape_markdown


def draw_words() -> None:
    """A popover with every word, drawn when it is open."""
    popover = st.popover("Words", help="What BN, MAC, OPs, arena and the others mean.", key="words", on_change="rerun")
    if popover.open:
        with popover:
            _draw_list()


@st.fragment
def _draw_list() -> None:
    wanted = st.text_input("Search the words", key="words_search", placeholder="such as: arena")
    found = search_words(wanted or "")
    if not found:
        st.caption("No such word here. The field's books may have it; issues of this project can ask for it.")
    with st.container(height=420, border=False, key="words_list"):
        st.markdown("\n\n".join(map(_entry, found)))


def _entry(word: Word) -> str:
    source = f"  \n:small[:gray[{escape_markdown(word.source)}]]" if word.source else ""
    meaning, matters = escape_markdown(word.meaning), escape_markdown(word.matters)
    return f"**{escape_markdown(word.term)}** · {meaning}  \n{matters}{source}"
