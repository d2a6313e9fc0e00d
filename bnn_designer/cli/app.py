"""``bnn-designer app``: the pages, from a terminal."""

from __future__ import annotations

import os
import sys

import click

from bnn_designer.errors import BnnDesignerError
from bnn_designer.folders import project_file

FOLDER_VARIABLES = ("BNN_DATA_DIR", "BNN_HOME", "BNN_CACHE_DIR")
APP_FILE = project_file("app.py")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("streamlit_options", nargs=-1, type=click.UNPROCESSED)
def app(streamlit_options: tuple[str, ...]) -> None:
    """Open the app in the browser. Further options go to Streamlit, such as --server.port 8600."""
    if not APP_FILE.exists():
        raise BnnDesignerError(f"{APP_FILE}: the app's file is missing. Install BNN Designer again.")
    # Streamlit reads its settings where it runs, so it runs beside app.py; folders named from here stay what they are.
    folders = {name: os.path.abspath(os.environ[name]) for name in FOLDER_VARIABLES if os.environ.get(name)}
    command = [sys.executable, "-m", "bnn_designer.ui.serve", "run", str(APP_FILE), *streamlit_options]
    os.chdir(APP_FILE.parent)
    # In the place of this process: whoever ends the command, as `kill` and a container do, ends the server with it.
    os.execve(sys.executable, command, os.environ | folders)


COMMANDS: tuple[click.Command, ...] = (app,)
