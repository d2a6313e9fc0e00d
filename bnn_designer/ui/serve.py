"""Streamlit's own command, in a process that loads the pages while nobody has opened one: ``bnn-designer app``.

``streamlit run app.py`` serves the same; there the first visitor waits for the imports.
"""

from __future__ import annotations

import threading
import time

from streamlit import runtime
from streamlit.web.cli import main

from bnn_designer.ui.shared.web_process import load_pages

_LOOK_EVERY_S = 0.05


def _load_when_served() -> None:
    """The server first: a browser that opens now has its own work of a second to do."""
    while not runtime.exists():
        time.sleep(_LOOK_EVERY_S)
    load_pages()


if __name__ == "__main__":
    threading.Thread(target=_load_when_served, daemon=True).start()
    main(prog_name="streamlit")
