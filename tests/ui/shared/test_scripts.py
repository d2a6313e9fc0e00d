"""The modules of each component as one script. That a browser runs it is shown in tests/browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bnn_designer.ui.shared.scripts import SHARED, imports, modules, script, source, style

UI = SHARED.parents[1]
#: Each component's folder, its main module and its style sheets.
COMPONENTS: dict[str, tuple[Path, str, tuple[str, ...]]] = {
    "canvas": (UI / "design/canvas/web", "canvas.js", ("canvas.css",)),
    "questions": (UI / "design/canvas/web", "questions.js", ()),
    "totals": (UI / "design/totals/web", "totals.js", ("totals.css",)),
    "gallery": (UI / "design/start/web", "gallery.js", ("common.css", "gallery.css")),
    "shelf": (UI / "design/start/web", "shelf.js", ("common.css", "shelf.css")),
    **{
        name: (UI / "learn/web", f"{name}.js", ("piece.css", *styles))
        for name, styles in {
            "course": ("course.css",),
            "question": ("choices.css", "question.css"),
            "answer": ("answer.css",),
            "finish": (),
            "print": (),
            "layer": ("signs.css",),
            "convolution": ("signs.css", "maps.css"),
            "slope": ("curves.css",),
            "training": ("curves.css",),
            "signplace": ("curves.css", "steps.css"),
            "ends": ("curves.css", "ends.css"),
            "plane": ("curves.css", "ends.css"),
            "batchnorm": ("curves.css", "histogram.css"),
            "fold": ("curves.css", "ends.css"),
            "verdict": ("curves.css", "ends.css"),
            "shapes": ("curves.css", "ends.css", "shapes.css"),
            "onesign": ("curves.css", "histogram.css"),
            "device": ("curves.css", "ends.css", "device.css"),
            "poolorder": ("curves.css", "histogram.css", "ends.css", "maps.css", "pools.css"),
            "puzzle": ("curves.css", "ends.css", "puzzle.css"),
            "flips": ("curves.css", "flips.css"),
            "recipes": ("recipes.css",),
            "twostages": ("curves.css", "ends.css", "choices.css", "guess.css"),
            "distill": ("curves.css", "ends.css", "choices.css", "guess.css", "distill.css"),
        }.items()
    },
    "membership": (UI / "learn/web", "membership.js", ()),
    "report": (UI / "learn/web", "report.js", ()),
    "camera": (UI / "inside/web", "camera.js", ()),
    "table": (UI / "compare/table", "table.js", ("table.css",)),
}
EVERY = [(folder, name) for folder, main, _ in COMPONENTS.values() for name in modules(folder, main)]
every = pytest.mark.parametrize(
    ("folder", "name"), EVERY, ids=[f"{folder.parent.name}/{name}" for folder, name in EVERY]
)

_NAMES = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";$', re.MULTILINE)


def test_every_script_and_style_sheet_of_the_pages_is_in_a_component() -> None:
    used = {folder / name if (folder / name).exists() else SHARED / name for folder, name in EVERY}
    assert used == set(UI.rglob("*.js"))
    styles = {folder / name for folder, _, names in COMPONENTS.values() for name in names}
    assert styles == set(UI.rglob("*.css"))


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_module_stands_once_and_behind_all_that_it_imports(component: str) -> None:
    folder, main, _ = COMPONENTS[component]
    order = modules(folder, main)
    assert len(order) == len(set(order))
    assert order[-1] == main
    for name in order:
        assert set(imports(folder, name)) <= set(order[: order.index(name)])


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_module_is_needed_by_the_one_that_streamlit_calls(component: str) -> None:
    folder, main, _ = COMPONENTS[component]
    needed, ahead = {main}, [main]
    while ahead:
        new = set(imports(folder, ahead.pop())) - needed
        needed |= new
        ahead += new
    assert needed == set(modules(folder, main))


@every
def test_what_a_module_imports_is_exported_where_it_comes_from(folder: Path, name: str) -> None:
    for names, module in _NAMES.findall(source(folder, name)):
        exported = re.findall(
            r"^export (?:default )?(?:async )?(?:function|class|const) (\w+)", source(folder, f"{module}.js"), re.M
        )
        assert {one.strip() for one in names.split(",") if one.strip()} <= set(exported)


@every
def test_no_import_is_written_in_a_way_that_would_be_left_in_the_script(folder: Path, name: str) -> None:
    lines = re.findall(r"^\s*(?:import|export)\b.*$", source(folder, name), re.MULTILINE)
    assert len(lines) == len(imports(folder, name)) + len(
        re.findall(r"^export (?:default )?(?:async )?(?:function|class|const) \w+", source(folder, name), re.MULTILINE)
    )
    assert "import(" not in source(folder, name)


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_script_is_one_module_with_one_export(component: str) -> None:
    folder, main, _ = COMPONENTS[component]
    text, order, name = script(folder, main), modules(folder, main), main.removesuffix(".js")
    lines = text.splitlines()
    assert [line for line in lines if re.match(r"\s*(import|export)\b", line)] == [f"export default {name}_js.{name};"]
    # each module is a function of its own: begun, left and called once, in their order
    assert re.findall(r"^const (\w+)_js = \(\(\) => \{$", text, re.MULTILINE) == [
        module.removesuffix(".js") for module in order
    ]
    assert lines.count("})();") == len(order)
    # all of every module is in it, but for its imports and the word export
    for module in order:
        kept = [
            line for line in source(folder, module).splitlines() if line and not re.match(r"(import|export)\b", line)
        ]
        assert set(kept) <= set(lines)


@pytest.mark.parametrize("component", COMPONENTS)
def test_nothing_is_asked_of_another_machine(component: str) -> None:
    folder, main, styles = COMPONENTS[component]
    for text in (script(folder, main), style(folder, *styles)):
        without_names = text.replace("http://www.w3.org/2000/svg", "")  # the name of a vocabulary, which nobody opens
        assert not re.findall(r"https?:|//[a-z]+\.[a-z]|@import|url\(|fetch\(|XMLHttpRequest|WebSocket", without_names)
