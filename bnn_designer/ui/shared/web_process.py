"""What the web process does once, however many people use it: loads all pages, and spares them from garbage collection.

A full collection looks at everything that is alive: with the app's libraries 150,000 objects, 80 ms of the
interpreter's lock, for which nobody's page runs. What is there after the first page stays for good, so it is set aside,
and a collection looks at what came later only. Streamlit's own, after every run, is off in .streamlit/config.toml.
"""

from __future__ import annotations

import gc
import importlib
import pkgutil
import threading

import bnn_designer.ui

_lock = threading.Lock()
_settled = False


def load_pages() -> None:
    """Imports the modules of every page."""
    package = bnn_designer.ui
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


def settle() -> None:
    """To be called at the end of every run of the app; does its work at the first one."""
    global _settled
    with _lock:
        if _settled:
            return
        _settled = True
    load_pages()
    gc.collect()
    gc.freeze()
