"""The rooms of docs/architecture.md: who may import whom, and where the heavy libraries may be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "bnn_designer"
COMMON = {"called", "errors", "files", "folders", "processes", "quiet", "units"}
HEAVY = {
    "tensorflow": {"kernels", "nn", "larq", "packing", "training", "measuring", "inspection", "bench", "quiet"},
    "keras": {"kernels", "nn", "larq", "training", "measuring", "inspection", "bench"},
    "streamlit": {"ui", "bench"},  # bench: the messages that it sends to browsers
    "plotly": {"ui"},
    "playwright": {"bench"},
    "ray": {"runs", "bench"},
}


def table() -> dict[str, set[str]]:
    """What each room may import, as the document says it."""
    allowed: dict[str, set[str]] = {}
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for room, may in re.findall(r"^\| `(\w+)/` \|.*\|([^|]*)\|$", text, re.MULTILINE):
        named = set(re.findall(r"`(\w+)`", may))
        allowed[room] = set(allowed) - named if may.strip().startswith("all above") else named
    return allowed


TABLE = table()


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the package by its dotted name, but scripts that the Pythons of peers run."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if "peer_scripts" not in path.parts:
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts), path


def imports(path: Path) -> Iterator[str]:
    """The dotted names that a file imports, inside functions too: modules, where a name imported from one is one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                there = ROOT.joinpath(*whole.split("."))
                yield whole if there.is_dir() or there.with_suffix(".py").exists() else node.module


def room(module: str) -> str:
    """``cost`` of ``bnn_designer.cost.report``; a module beside the rooms is its own."""
    return module.split(".")[1] if "." in module else ""


def own(module: str) -> bool:
    return module.startswith("bnn_designer.")


def test_the_document_names_every_room() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert set(TABLE) == rooms
    assert {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"} == COMMON


@pytest.mark.parametrize("name", TABLE)
def test_a_room_imports_what_the_document_allows(name: str) -> None:
    wrong = [
        f"{module} imports {target}"
        for module, path in modules()
        if room(module) == name
        for target in imports(path)
        if own(target) and room(target) not in TABLE[name] | COMMON | {name}
    ]
    assert not wrong


def test_what_all_may_import_imports_no_room() -> None:
    wrong = [
        f"{module} imports {target}"
        for module, path in modules()
        if room(module) in COMMON
        for target in imports(path)
        if own(target) and room(target) not in COMMON
    ]
    assert not wrong


def test_the_table_allows_what_is_needed_and_no_more() -> None:
    """A row that lists rooms lists those it uses; "all above" is for those at the top."""
    used: dict[str, set[str]] = {name: set() for name in TABLE}
    for module, path in modules():
        if room(module) in used:
            used[room(module)] |= {room(target) for target in imports(path) if own(target)}
    unused = {name: TABLE[name] - used[name] for name in TABLE if name not in ("bench", "ui", "cli")}
    assert not any(unused.values()), unused


@pytest.mark.parametrize("library", HEAVY)
def test_heavy_libraries_stay_where_they_are_allowed(library: str) -> None:
    wrong = [
        module
        for module, path in modules()
        if any(target.partition(".")[0] == library for target in imports(path)) and room(module) not in HEAVY[library]
    ]
    assert not wrong


def test_pages_and_their_rooms_use_no_other_page() -> None:
    pages = {path.name for path in (PACKAGE / "ui").iterdir() if (path / "__init__.py").exists()} - {"shared"}
    found = {(path, target) for _, path in modules() if PACKAGE / "ui" in path.parents for target in imports(path)}
    found |= {(path, target) for path in (ROOT / "pages").glob("*.py") for target in imports(path)}
    wrong = []
    for path, target in found:
        if not target.startswith("bnn_designer.ui."):
            continue
        page = path.stem if path.parent.name == "pages" else path.relative_to(PACKAGE / "ui").parts[0]
        to = target.split(".")[2]
        if to in pages and to != page:
            wrong.append(f"{path.relative_to(ROOT)} imports {target}")
    assert not wrong


def test_no_circle_between_modules() -> None:
    """Nor inside a room: a circle is one module in two files."""
    known = {name.removesuffix(".__init__") for name, _ in modules()}
    graph = {
        name.removesuffix(".__init__"): {target for target in imports(path) if target in known}
        for name, path in modules()
        if not name.endswith(".__init__")  # a package's face repeats the names of its modules
    }
    tuple(TopologicalSorter(graph).static_order())
