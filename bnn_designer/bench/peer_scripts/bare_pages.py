"""The least that Streamlit can serve, for ``bench ui``: a button that changes one figure, and a second page."""

import streamlit as st


def press() -> None:
    st.session_state["presses"] += 1


def first() -> None:
    st.session_state.setdefault("presses", 0)
    st.button("Press", key="press", on_click=press)
    st.metric("Presses", st.session_state["presses"])


def second() -> None:
    st.subheader("The second page", anchor=False)


st.set_page_config(page_title="Bare", layout="wide")
st.navigation([st.Page(first, title="First", default=True), st.Page(second, title="Second")], position="top").run()
