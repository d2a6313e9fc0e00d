"""The JavaScript and CSS of our components, as Streamlit takes them: one text each, joined from small modules.

Streamlit loads a component's code from a text, in which a module cannot import a file beside it. So that there is no
build, the modules are joined as they are, each a function of its own that gives what it exports. A module is looked for
in the component's own folder, then in ``web/`` here, where the helpers are that all of them use.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

SHARED = Path(__file__).parent / "web"

_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./([a-z_]+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?:default )?((?:async )?function|class|const) (\w+)", re.MULTILINE)


@cache
def script(folder: Path, main: str) -> str:
    """A module and all that it imports, as one; ``main`` exports a function of its own name, which Streamlit calls."""
    name = main.removesuffix(".js")
    parts = [_as_function(folder, module) for module in modules(folder, main)]
    return "\n".join([*parts, f"export default {name}_js.{name};"])


def modules(folder: Path, main: str) -> tuple[str, ...]:
    """A module and all that it imports, each behind those that it imports itself."""
    found: dict[str, None] = {}

    def add(name: str) -> None:
        for other in imports(folder, name):
            if other not in found:
                add(other)
        found[name] = None

    add(main)
    return tuple(found)


def _as_function(folder: Path, name: str) -> str:
    """A module as a function that is called at once, so that its names are its own."""
    text = source(folder, name)
    exported = ", ".join(found for _, found in _EXPORT.findall(text))
    body = _EXPORT.sub(r"\1 \2", _IMPORT.sub(r"const \1 = \2_js;", text))
    return f"const {name.removesuffix('.js')}_js = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();"


def source(folder: Path, name: str) -> str:
    """One module as it is written."""
    own = folder / name
    return (own if own.exists() else SHARED / name).read_text(encoding="utf-8")


def imports(folder: Path, name: str) -> list[str]:
    """The modules that one imports."""
    return [f"{module}.js" for _, module in _IMPORT.findall(source(folder, name))]


@cache
def style(folder: Path, *names: str) -> str:
    """Style sheets, one behind the other."""
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
