"""The canvas's JavaScript and CSS, as Streamlit takes them: one text each, joined from the modules in ``web/``.

Streamlit loads a component's code from a text, in which a module cannot import a file beside it. So that there is no
build, the modules are joined as they are, each a function of its own that gives what it exports.
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
    "actions.js",
    "pointing.js",
    "net.js",
    "canvas.js",
)

_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./([a-z_]+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?:default )?((?:async )?function|class|const) (\w+)", re.MULTILINE)


@cache
def script() -> str:
    """All modules as one; the last one's default export is what Streamlit calls."""
    last = MODULES[-1].removesuffix(".js")
    return "\n".join([*map(_as_function, MODULES), f"export default {last}_js.{last};"])


def _as_function(name: str) -> str:
    """A module as a function that is called at once, so that its names are its own."""
    text = source(name)
    exported = ", ".join(found for _, found in _EXPORT.findall(text))
    body = _EXPORT.sub(r"\1 \2", _IMPORT.sub(r"const \1 = \2_js;", text))
    return f"const {name.removesuffix('.js')}_js = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();"


def source(name: str) -> str:
    """One module as it is written."""
    return (WEB / name).read_text(encoding="utf-8")


def imports(name: str) -> list[str]:
    """The modules that one imports."""
    return [f"{module}.js" for _, module in _IMPORT.findall(source(name))]


@cache
def style() -> str:
    return (WEB / "canvas.css").read_text(encoding="utf-8")
