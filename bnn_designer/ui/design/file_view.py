"""A design in and out: its file, and links to it."""

from __future__ import annotations

import streamlit as st

from bnn_designer.design.links import PARAMETER, design_in_text, link_to
from bnn_designer.errors import DesignError
from bnn_designer.runs.drafts import Draft
from bnn_designer.ui.design.upload_view import draw_upload
from bnn_designer.ui.shared import drafting, state
from bnn_designer.ui.shared.asking import ask
from bnn_designer.ui.shared.design_file import file_name
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.ui.shared.whole import whole


def draw_file(draft: Draft) -> None:
    """A popover, drawn when it is open: the design as a file, links to it, and a field to open another file."""
    popover = st.popover(
        "File", help="Download, copy a link, open a file.", key="file", on_change="rerun", width="content"
    )
    if not popover.open:
        return
    with popover:
        st.download_button(
            "Download JSON",
            data=draft.design.to_json(),
            file_name=file_name(draft.design),
            mime="application/json",
            key="download",
            on_click="ignore",
            width="stretch",
        )
        _draw_links(draft)
        draw_upload("tools")
        st.caption("It opens as a new draft; this one stays under All drafts.")


def _draw_links(draft: Draft) -> None:
    address = page_address()
    with st.container(key="links", gap="small"):
        st.markdown("**Copy link**")
        st.caption("To this draft: whoever can reach this server sees your changes, and can make some.")
        st.code(f"{address}?draft={draft.id}", language=None)
        st.caption("To a copy: the whole design is in the link, so it opens on any server, as a draft of its own.")
        try:
            st.code(link_to(draft.design, address), language=None)
        except DesignError as error:
            st.warning(escape_markdown(str(error)))


def page_address() -> str:
    """The address of the Design page as this browser has it; without a browser, what follows the server's name."""
    return (st.context.url or "").rstrip("/") + "/"


def open_linked_design() -> None:
    """Where the address holds a design, opens it as a new draft and puts that draft into the address in its place.

    A link that cannot be read is said, and whatever was open stays.
    """
    text = st.query_params.get(PARAMETER)
    if text is None:
        return
    # Going back in the browser brings the address back: it is the draft that was made of it then.
    made: dict[str, str] = st.session_state.setdefault("linked_drafts", {})
    with whole(), state.reported():
        if text not in made:
            ask("link")
            made[text] = state.drafts().create(design_in_text(text)).id
        drafting.open_draft(made[text])
    st.query_params.pop(PARAMETER, None)
