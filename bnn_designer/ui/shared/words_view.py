"""The glossary on a page: a popover that lists the words of the field, with a search."""

from __future__ import annotations

from html import escape

import streamlit as st

from bnn_designer.ui.shared.glossary import Word, search_words


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
        st.caption("No such word here. A part of a word is enough.")
        return
    # one list that the keyboard can scroll; Markdown would make an element of each word
    entries = "".join(map(_entry, found))
    box = f'<div class="bnn-words" tabindex="0" role="group" aria-label="Words"><dl>{entries}</dl></div>'
    st.markdown(box, unsafe_allow_html=True)


def _entry(word: Word) -> str:
    source = f"<br><small>{escape(word.source)}</small>" if word.source else ""
    return f"<dt>{escape(word.term)}</dt><dd>{escape(word.meaning)}<br>{escape(word.matters)}{source}</dd>"
