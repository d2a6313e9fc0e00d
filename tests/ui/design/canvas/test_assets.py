"""The canvas's modules as one script. That a browser runs it is shown in tests/browser."""

from __future__ import annotations

import re

import pytest

from bnn_designer.ui.design.canvas.assets import MODULES, WEB, imports, script, source, style

_NAMES = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";$', re.MULTILINE)


def test_every_module_is_listed_once() -> None:
    assert sorted(MODULES) == sorted(path.name for path in WEB.glob("*.js"))


@pytest.mark.parametrize("name", MODULES)
def test_a_module_stands_behind_all_that_it_imports(name: str) -> None:
    assert set(imports(name)) <= set(MODULES[: MODULES.index(name)])


@pytest.mark.parametrize("name", MODULES)
def test_every_module_is_needed_by_the_one_that_streamlit_calls(name: str) -> None:
    needed, ahead = {MODULES[-1]}, [MODULES[-1]]
    while ahead:
        new = set(imports(ahead.pop())) - needed
        needed |= new
        ahead += new
    assert name in needed


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_imports_is_exported_where_it_comes_from(name: str) -> None:
    for names, module in _NAMES.findall(source(name)):
        exported = re.findall(
            r"^export (?:default )?(?:async )?(?:function|class|const) (\w+)", source(f"{module}.js"), re.M
        )
        assert {one.strip() for one in names.split(",") if one.strip()} <= set(exported)


@pytest.mark.parametrize("name", MODULES)
def test_no_import_is_written_in_a_way_that_would_be_left_in_the_script(name: str) -> None:
    lines = re.findall(r"^\s*(?:import|export)\b.*$", source(name), re.MULTILINE)
    assert len(lines) == len(imports(name)) + len(
        re.findall(r"^export (?:default )?(?:async )?(?:function|class|const) \w+", source(name), re.MULTILINE)
    )
    assert "import(" not in source(name)


def test_the_script_is_one_module_with_one_export() -> None:
    lines = script().splitlines()
    assert [line for line in lines if re.match(r"\s*(import|export)\b", line)] == ["export default canvas_js.canvas;"]
    # each module is a function of its own: begun, left and called once, in their order
    assert re.findall(r"^const (\w+)_js = \(\(\) => \{$", script(), re.MULTILINE) == [
        name.removesuffix(".js") for name in MODULES
    ]
    assert lines.count("})();") == len(MODULES)
    # all of every module is in it, but for its imports and the word export
    for name in MODULES:
        kept = [line for line in source(name).splitlines() if line and not re.match(r"(import|export)\b", line)]
        assert set(kept) <= set(lines)


@pytest.mark.parametrize("text", [script(), style()], ids=["script", "style"])
def test_nothing_is_asked_of_another_machine(text: str) -> None:
    without_names = text.replace("http://www.w3.org/2000/svg", "")  # the name of a vocabulary, which nobody opens
    assert not re.findall(r"https?:|//[a-z]+\.[a-z]|@import|url\(|fetch\(|XMLHttpRequest|WebSocket", without_names)
