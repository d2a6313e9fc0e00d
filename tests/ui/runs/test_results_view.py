from __future__ import annotations

from pathlib import Path

import pytest

from bnn_designer.results import catalogue
from bnn_designer.results.catalogue import CATALOGUE
from bnn_designer.runs.store import Store
from bnn_designer.ui.runs.time_chart import time_chart
from tests.results.test_results import kept, timed
from tests.ui.conftest import OpenPage, field, texts
from tests.ui.train.test_train_page import started_run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one result, of the order of pool and batch norm."""
    entry = CATALOGUE["pool-order"]
    result = kept((0.7, 0.8), (0.6, 0.7)).model_copy(
        update={"name": entry.name, "command": entry.command, "definition": entry.sweep().to_json()}
    )
    folder = tmp_path / "results"
    folder.mkdir()
    monkeypatch.setattr(catalogue, "FOLDER", folder)
    entry.file.write_text(result.to_json(), encoding="utf-8")
    return folder


def test_a_newcomer_sees_curves_and_opens_their_design(open_page: OpenPage, store: Store, folder: Path) -> None:
    app = open_page("runs")
    assert not app.exception
    assert "No runs yet" in texts(app)
    (table,) = app.dataframe
    assert list(table.value["Accuracy"]) == ["75.0 %", "65.0 %"]
    # 75 - 65 of two runs each: no more than noise, so that the claim did not come out
    assert "✗ **Not reproduced**: A pool after batch norm costs accuracy" in texts(app)
    assert [one.value for one in app.code] == [CATALOGUE["pool-order"].command]
    app.button(key="result_draft").click().run()
    assert not app.exception
    assert "narrow\\-binarynet is a new draft" in texts(app)


def test_with_runs_a_result_is_shown_once_it_is_chosen(open_page: OpenPage, store: Store, folder: Path) -> None:
    started_run(store)
    app = open_page("runs")
    assert not app.dataframe
    field(app.selectbox, "result").set_value("pool-order").run()
    assert len(app.dataframe) == 1
    assert app.query_params["result"] == "pool-order"


def test_a_result_about_time_is_drawn_over_minutes_with_what_is_told(
    open_page: OpenPage, store: Store, folder: Path
) -> None:
    entry = CATALOGUE["time-to-accuracy"]
    result = timed([(3600, 0.76), (3600, 0.81)], [(7200, 0.7), (7200, 0.76)]).model_copy(
        update={"name": entry.name, "command": entry.command, "definition": "{}"}
    )
    entry.file.write_text(result.to_json(), encoding="utf-8")
    app = open_page("runs", result="time-to-accuracy")
    assert not app.exception
    times = app.dataframe[1].value
    assert list(times["to 75 %"]) == ["1:00:00", "4:00:00"]
    assert list(times["to 80 %"]) == ["2:00:00", "not in 4:00:00"]
    assert "✓ **Reproduced**: 80 % sooner" in texts(app).replace("\\", "")
    assert "minutes of training" in app.get("plotly_chart")[0].proto.spec
    chart = time_chart(result, entry.accuracies, "#000")
    assert [list(trace.x) for trace in chart.data] == [[60, 120], [120, 240]]
    assert [line.y0 for line in chart.layout.shapes] == [0.75, 0.80, 0.85]


def test_a_broken_file_is_said_and_the_page_stands(open_page: OpenPage, store: Store, folder: Path) -> None:
    (folder / "pool-order.json").write_text("{}", encoding="utf-8")
    app = open_page("runs")
    assert not app.exception
    assert "is not as in a result" in texts(app)
    (folder / "pool-order.json").unlink()
    assert "Results that come" not in texts(open_page("runs"))
