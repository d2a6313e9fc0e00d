"""The canvas's JavaScript and CSS, as Streamlit takes them: one text each, joined from the modules in ``web/``.

Streamlit loads a component's code from a text, in which a module cannot import a file beside it. So that there is no
build, the modules are joined as they are: their imports of each other are left out, and what they export is there.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

WEB = Path(__file__).parent / "web"

#: A module stands behind all that it imports.
MODULES = (
    "dom.js",
    "tree.js",
    "outbox.js",
    "card.js",
    "menu.js",
    "drag.js",
    "keys.js",
    "minimap.js",
    "preview.js",
    "palette.js",
    "net.js",
    "canvas.js",
)

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z_]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


@cache
def script() -> str:
    """All modules as one; the last one's default export is what Streamlit calls."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", source(name))) for name in MODULES)


def source(name: str) -> str:
    """One module as it is written."""
    return (WEB / name).read_text(encoding="utf-8")


def imports(name: str) -> list[str]:
    """The modules that one imports."""
    return _IMPORT.findall(source(name))


@cache
def style() -> str:
    return (WEB / "canvas.css").read_text(encoding="utf-8")
