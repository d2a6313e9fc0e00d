"""Opening a design's file: choosing it opens it as a new draft, in one step."""

from __future__ import annotations

import streamlit as st

from bnn_designer.design import Design
from bnn_designer.design.validation import MAX_FILE_BYTES
from bnn_designer.errors import BnnDesignerError, DesignError
from bnn_designer.ui.shared import drafting, state
from bnn_designer.ui.shared.asking import ask
from bnn_designer.ui.shared.look import escape_markdown

_LARGEST_MB = MAX_FILE_BYTES // 1_000_000


def draw_upload(key: str, label: str = "Open a design's JSON file") -> None:
    """A field for a file. A bad one gets its error, here, and changes nothing.

    Args:
        key: tells this field from others.
        label: what it says.
    """
    number = st.session_state.get(_number_key(key), 0)
    # A field of another number is an empty one: the same file can be chosen again once it was mended.
    field = f"upload_{key}#{number}"
    st.file_uploader(
        label,
        type=["json"],
        key=field,
        max_upload_size=_LARGEST_MB,
        on_change=_open,
        args=(key, field),
        width="stretch",
    )
    if problem := st.session_state.get(_problem_key(key)):
        st.error(escape_markdown(problem), icon="⚠️")


def _open(key: str, field: str) -> None:
    uploaded = st.session_state.get(field)
    st.session_state.pop(_problem_key(key), None)
    if uploaded is None:
        return
    st.session_state[_number_key(key)] = st.session_state.get(_number_key(key), 0) + 1
    try:
        ask("upload")
        design = read_upload(uploaded.getvalue(), uploaded.name)
    except BnnDesignerError as error:
        st.session_state[_problem_key(key)] = f"{error} Nothing was opened."
        return
    drafting.open_design(design)
    state.notify(f"Opened {design.name} from {uploaded.name} as a new draft.", "success")


def _number_key(key: str) -> str:
    return f"upload_{key}_number"


def _problem_key(key: str) -> str:
    return f"upload_{key}_problem"


def read_upload(content: bytes, name: str) -> Design:
    """The design in an uploaded file.

    Raises:
        DesignError: it is not text, not JSON, or not a design.
    """
    try:
        text = content.decode("utf-8-sig")  # some editors put a byte order mark in front
    except UnicodeDecodeError:
        raise DesignError(name, "the file is not text in UTF-8", "Choose a design's JSON file") from None
    return Design.from_json(text, source=name)
