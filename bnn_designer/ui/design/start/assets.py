"""JavaScript and CSS of the start page's components, as Streamlit takes them: one text each."""

from __future__ import annotations

from functools import cache
from pathlib import Path

WEB = Path(__file__).parent / "web"


@cache
def script(name: str) -> str:
    """A component's script behind the helpers that both share; it cannot import a file beside it."""
    return f"{_read('dom.js')}\n{_read(f'{name}.js')}"


@cache
def style(name: str) -> str:
    return f"{_read('common.css')}\n{_read(f'{name}.css')}"


def _read(name: str) -> str:
    return (WEB / name).read_text(encoding="utf-8")
