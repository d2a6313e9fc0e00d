"""A picture of the camera: Streamlit's own widget, or why this browser gives the page no camera.

Streamlit's widget says the same whatever is in the way, and refers to a page on the internet. So a component without
anything to see (``web/camera.js``) finds out and tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from bnn_designer.ui.shared.scripts import script

#: What is in the way, and what to do, by the states that the browser tells.
WHY: Mapping[str, str] = {
    "insecure": (
        "**No camera here: this page came over http from another machine.** Browsers give a camera only to pages over "
        "https, or from the machine itself. Ask whoever runs this server for an https address, or choose *A picture*: "
        "on a phone, that offers its camera too."
    ),
    "refused": (
        "**This browser does not let this page use the camera.** Allow it in the site's settings, beside the address; "
        "this text then goes away by itself. Or choose *A picture*."
    ),
    "missing": "**This browser finds no camera.** Connect one, or choose *A picture*.",
}
_READY = "ready"
#: What a picture is called; its file's name is only a time.
NAME = "Your picture"

_mount = st.components.v2.component("bnn_designer.camera", js=script(Path(__file__).parent / "web", "camera.js"))


def draw_camera(run_id: str, becomes: str) -> UploadedFile | None:
    """The picture that was taken; None: none was yet, or there is no camera, and it says why.

    Args:
        becomes: what happens to a picture.
    """
    key = f"try_camera_state_{run_id}"
    held = st.session_state.get(key)
    state = held.get("state") if isinstance(held, Mapping) else None
    with st.container(key="camera_state"):
        _mount(key=key, data={"state": state}, on_state_change=lambda: None)
    if isinstance(state, str) and state in WHY:
        st.info(WHY[state])
        return None
    given = st.camera_input("Take a picture", key=f"try_camera_{run_id}")
    if state != _READY:
        st.caption("The browser asks you first whether this page may use the camera.")
    elif given is None:
        st.caption("If it stays dark, another program may be using the camera.")
    st.caption(becomes)
    return given
