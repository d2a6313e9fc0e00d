"""The real app on a real store of its own, without a browser."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from bnn_designer.runs import queue
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store

APP = Path(__file__).parents[2] / "app.py"

OpenPage = Callable[..., AppTest]


@pytest.fixture(scope="session", autouse=True)
def components_looked_for_once() -> Iterator[None]:
    """Every AppTest reads the metadata of all installed packages to find components: as long as all else it does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="package", autouse=True)
def only_new_objects_collected() -> Iterator[None]:
    """Streamlit collects garbage after every run of a page. What other tests left there (TensorFlow) takes it 0.5 s."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def no_supervisors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that "run" in the process of the tests would keep a supervisor for each store until all tests are over."""
    monkeypatch.setattr(queue, "ensure_supervisor", lambda store: False)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store that the app under test uses."""
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("BNN_STORE_URL", raising=False)
    # no data and no compiled op unless a test puts them there
    monkeypatch.setenv("BNN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("BNN_DATA_DIR", raising=False)
    return Store()


@pytest.fixture
def drafts(store: Store) -> Drafts:
    return Drafts(store.engine)


@pytest.fixture
def open_page(store: Store) -> OpenPage:
    """Opens a page as an address with parameters does: ``open_page("train", draft="ab12")``."""

    def open_it(page: str = "design", **parameters: str) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=60)
        for name, value in parameters.items():
            app.query_params[name] = value
        app.run()
        if page != "design":
            app.switch_page(f"pages/{page}.py").run()
        assert not app.exception
        return app

    return open_it


def texts(app: AppTest) -> str:
    """Everything that the page says."""
    kinds = ("markdown", "caption", "info", "warning", "error", "success", "title", "subheader", "metric")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind))


def field(widgets: Sequence[Any], name: str) -> Any:
    """The widget of a field: its key is the field's name, and a number that says how often it was replaced."""
    return next(widget for widget in widgets if str(widget.key).rpartition("#")[0] == name)
