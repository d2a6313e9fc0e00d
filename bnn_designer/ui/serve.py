"""Streamlit's own command, in a process that loads the pages while nobody has opened one: ``bnn-designer app``.

What waited in the queue when the machine went down goes on, too. ``streamlit run app.py`` serves the same; there the
first visitor waits for the imports, and the queue for a visitor.
"""

from __future__ import annotations

import sys
import threading
import time

from sqlalchemy.exc import SQLAlchemyError
from streamlit import runtime
from streamlit.web.cli import main

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs import queue
from bnn_designer.runs.store import Store
from bnn_designer.ui.shared.web_process import load_pages

_LOOK_EVERY_S = 0.05


def _load_when_served() -> None:
    """The server first: a browser that opens now has its own work of a second to do."""
    while not runtime.exists():
        time.sleep(_LOOK_EVERY_S)
    load_pages()
    try:
        queue.dispatch(Store())
    except (BnnDesignerError, SQLAlchemyError) as error:
        print(f"The queue of runs cannot be looked at: {error}", file=sys.stderr)


if __name__ == "__main__":
    threading.Thread(target=_load_when_served, daemon=True).start()
    main(prog_name="streamlit")
