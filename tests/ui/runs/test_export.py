"""The exports of a run on the Runs page, in every state."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bnn_designer.export import TARGETS
from bnn_designer.export import job as jobs
from bnn_designer.export.job import Kept, archive_path, export_job, write_kept
from bnn_designer.measuring.job import JobState
from bnn_designer.runs.store import Store
from tests.ui.conftest import OpenPage, texts
from tests.ui.runs.test_packed import run_id as run_id
from tests.ui.train.test_train_page import started_run


@pytest.fixture
def idle_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker that does nothing until the test is over, in the place of the real one."""
    over = tmp_path / "over"
    program = (
        f"import os, time\nend = time.monotonic() + 60\n"
        f"while not os.path.exists({str(over)!r}) and time.monotonic() < end: time.sleep(.05)"
    )
    monkeypatch.setattr(jobs, "COMMAND", (sys.executable, "-c", program))
    yield
    over.touch()


def keep(store: Store, run_id: str, **changes: object) -> None:
    archive_path(store, run_id, "c").write_bytes(b"the archive")
    kept = Kept(
        exported_at=time.time(),
        files={"network.c": 2048, "README.md": 10},
        memory_bytes={"flash": 98852},
        notes=("code not counted",),
    )
    write_kept(store, run_id, "c", kept.model_copy(update=changes))


def test_the_targets_are_offered_with_their_verdicts_and_the_choice_is_kept(
    open_page: OpenPage, store: Store, run_id: str
) -> None:
    app = open_page("runs")
    app.button(key=f"export_{run_id}").click().run()
    assert app.query_params["export"] == run_id
    choice = app.selectbox(key=f"export_target_{run_id}")
    assert choice.options == [f"{name}: {target.title}" for name, target in TARGETS.items()]
    (table,) = (frame.value for frame in app.dataframe)
    states = dict(zip(table["block"], table["runs in"], strict=True))
    assert states["binary_conv_2"] == "■ bits"
    assert app.button(key=f"export_start_{run_id}").label == "Export"
    assert not app.get("download_button")
    choice.set_value("picture").run()  # nothing runs in bits in a picture
    assert not app.dataframe
    app.button(key="close_export").click().run()
    assert "export" not in app.query_params
    assert not any(one.key == f"export_target_{run_id}" for one in app.selectbox)


@pytest.mark.usefixtures("idle_worker")
def test_a_press_starts_the_worker_and_the_page_shows_its_progress(
    open_page: OpenPage, store: Store, run_id: str
) -> None:
    app = open_page("runs", export=run_id)
    app.button(key=f"export_start_{run_id}").click().run()
    assert not app.exception
    assert "Starting" in str(app.get("progress")[0].proto.text)
    assert app.button(key=f"export_start_{run_id}").disabled


def test_an_export_shows_what_its_run_showed(open_page: OpenPage, store: Store, run_id: str) -> None:
    keep(store, run_id, proof="run by gcc: 250 of 250 images get the same class as from the engine")
    app = open_page("runs", export=run_id)
    assert "Run by gcc: 250 of 250 images" in app.success[0].value.replace("\\", "")
    said = texts(app).replace("\\", "")
    assert "network.c 2.00 KiB, README.md 10 B. Memory: flash 98,852 bytes." in said
    assert "Code not counted" in said
    assert app.get("download_button")[0].proto.label == "Download .zip (2 files)"
    assert app.button(key=f"export_start_{run_id}").label == "Export again"


def test_what_differs_or_was_not_run_or_failed_is_said(open_page: OpenPage, store: Store, run_id: str) -> None:
    keep(store, run_id, proof="run by gcc: 249 of 250 images get the same class", all_same=False)
    assert "249 of 250" in open_page("runs", export=run_id).warning[0].value
    keep(store, run_id, not_run="C compiler: there is none on PATH. Install gcc or clang.")
    warning = open_page("runs", export=run_id).warning[0].value.replace("\\", "")
    assert warning == "Written, but not run here: C compiler: there is none on PATH. Install gcc or clang."
    export_job(store, run_id, "c").write(JobState(state="failed", reason="binary_conv_1: refused. Change it."))
    assert "binary_conv_1: refused. Change it." in open_page("runs", export=run_id).error[0].value.replace("\\", "")


def test_a_run_without_a_checkpoint_or_an_end_is_not_exported(open_page: OpenPage, store: Store) -> None:
    run_id = started_run(store)
    app = open_page("runs", export=run_id)
    assert not any(button.key == f"export_{run_id}" for button in app.button)
    assert "cannot be exported yet" in texts(app)
