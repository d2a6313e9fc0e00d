"""Lessons on paper: what is printed of them, and the whole course as one page to be printed.

What one presses is left out, and so is what was answered. The answer stands behind the text, where a teacher can hold
it back.
"""

from __future__ import annotations

import streamlit as st

from bnn_designer.lessons import COURSE
from bnn_designer.ui.learn.lesson_body import draw_body
from bnn_designer.ui.learn.pieces import draw_print

#: Black on white, whatever the theme; the pieces have the like in ``web/piece.css``.
_CSS = """
@media print {
  [class*="st-key-unprinted_"], [data-testid="stHeader"] { display: none !important; }
  .stMainBlockContainer { padding: 0; }
  html, body, .stApp, .stApp code { background: #fff !important; color-scheme: light; }
  .stApp :is([data-testid="stMarkdownContainer"], [data-testid="stHeading"], [data-testid="stCaptionContainer"]),
  .stApp :is([data-testid="stMarkdownContainer"], [data-testid="stHeading"]) * { color: #111 !important; }
  .stApp :is(h3, h4) { break-after: avoid; }
  .stApp :is(p, li) { orphans: 3; widows: 3; }
  [data-testid="stLayoutWrapper"]:has(> [class*="st-key-sheet_"]) { break-before: page; }
}
"""


def draw_print_style() -> None:
    """What is left out on paper, and how the rest looks there; to be called before a lesson is drawn."""
    st.html(f"<style>{_CSS}</style>")


def draw_course_handout() -> None:
    """All lessons, one behind the other; on paper each begins a page, behind one that lists them."""
    draw_print_style()
    with st.container(key="lesson", width=960):
        st.subheader("Learn by doing", anchor=False)
        st.markdown("\n".join(f"1. {lesson.title} (about {lesson.minutes} minutes)" for lesson in COURSE))
        with st.container(key="unprinted_print"):
            draw_print("course", "Print all lessons")
        for lesson in COURSE:
            with st.container(key=f"sheet_{lesson.name}"):
                draw_body(lesson)
