"""The Export page in every state: of a run and of a design, before an export, during one and after."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from bnn_designer.design import Design
from bnn_designer.design.presets import preset
from bnn_designer.export import TARGETS
from bnn_designer.export import job as jobs
from bnn_designer.export.job import Kept, archive_path, export_job, write_kept
from bnn_designer.export.onnx.target import ONNX_RUNTIME
from bnn_designer.export.source import Source, design_source, kept_design, run_source
from bnn_designer.measuring.job import JobState
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store
from bnn_designer.targets import Verdict
from bnn_designer.ui.export.networks import file_name
from bnn_designer.ui.export.verdict_table import verdict_text
from tests.measuring.conftest import ended, idle_command
from tests.ui.conftest import OpenPage, field, texts
from tests.ui.runs.test_packed import run_id as run_id
from tests.ui.train.test_train_page import started_run


@pytest.fixture
def idle_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In the place of the real worker one that does nothing."""
    with idle_command(tmp_path) as command:
        monkeypatch.setattr(jobs, "COMMAND", command)
        yield


def keep(source: Source, **changes: object) -> None:
    archive_path(source, "c").write_bytes(b"the archive")
    kept = Kept(
        exported_at=time.time(),
        files={"network.c": 2048, "README.md": 10},
        memory_bytes={"flash": 98852},
        notes=("code not counted",),
    )
    write_kept(source, "c", kept.model_copy(update=changes))


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def test_a_run_is_reached_from_its_row_and_shown_with_targets_and_verdicts(
    open_page: OpenPage, store: Store, run_id: str
) -> None:
    assert any("Export…" in str(link.proto) for link in open_page("runs").get("page_link"))
    app = open_page("export", run=run_id, of="run")
    targets = field(app.radio, "export.target")
    assert [option.rpartition("[")[2].strip("]") for option in targets.options] == list(TARGETS)
    assert len(targets.proto.captions) == len(TARGETS)
    (table,) = (frame.value for frame in app.table)
    assert dict(zip(table["Block"], table["Runs in"], strict=True))["binary\\_conv\\_2"] == "■ bits"
    assert app.button(key="export_start").label == "Export"
    assert not app.get("download_button")
    targets.set_value("picture").run()  # nothing runs in bits in a picture
    assert not app.table
    assert app.query_params["to"] == "picture"
    field(app.radio, "export.target").set_value("keras").run()
    assert "Nothing: Keras multiplies signs as floats." in said(app)


def test_a_design_says_what_it_lacks_and_offers_the_run_that_has_it(
    open_page: OpenPage, store: Store, drafts: Drafts, run_id: str
) -> None:
    draft = drafts.create(store.run(run_id).design)
    app = open_page("export", draft=draft.id, of="design")
    assert "no trained weights, so the files get weights drawn at random" in said(app)
    assert app.button(key="export_start").label == "Export untrained"
    app.button(key=f"export_of_{run_id}").click().run()
    assert (app.query_params["of"], app.query_params["run"]) == ("run", run_id)
    assert app.button(key="export_start").label == "Export"
    field(app.selectbox, "export.network").set_value(f"design:{draft.id}").run()
    field(app.radio, "export.target").set_value("report").run()  # which needs no weights
    assert app.button(key="export_start").label == "Export"
    assert "drawn at random" not in said(app)


@pytest.mark.usefixtures("idle_worker")
def test_a_press_starts_the_worker_and_another_cancels_it(
    open_page: OpenPage, store: Store, drafts: Drafts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNN_RATE_EXPORTS", "1, 1")
    draft = drafts.create(preset("bi-real-cifar"))
    source = design_source(store, draft.design)
    app = open_page("export", draft=draft.id)
    app.button(key="export_start").click().run()
    assert not app.exception
    assert kept_design(source) == draft.design
    assert "Starting" in str(app.get("progress")[0].proto.text)
    assert app.button(key="export_start").disabled
    app.button(key="export_cancel").click().run()
    assert ended(export_job(store, source, "c")).state in ("cancelled", "failed")  # its end is seen, then written
    deadline = time.monotonic() + 60
    while "The last export was cancelled." not in said(app.run()):
        assert time.monotonic() < deadline
    assert not any(button.key == "export_cancel" for button in app.button)
    app.button(key="export_start").click().run()
    assert "1 export at once and then 1 a minute" in app.warning[0].value


def test_an_export_shows_what_its_run_showed(open_page: OpenPage, store: Store, run_id: str) -> None:
    source = run_source(store, run_id)
    keep(source, proof="run by gcc: 250 of 250 images get the same class as from the engine", images="test images of x")
    app = open_page("export", run=run_id)
    assert "Run by gcc: 250 of 250 images get the same class as from the engine. On test images of x." in said(app)
    assert "network.c 2.00 KiB, README.md 10 B. Memory: flash 98,852 bytes." in said(app)
    assert "Code not counted" in said(app)
    assert app.get("download_button")[0].proto.label == "Download .zip (2 files)"
    assert app.button(key="export_start").label == "Export again"
    assert "Exported" in field(app.radio, "export.target").proto.captions[0]
    keep(source, proof="run by gcc: 249 of 250 images get the same class", all_same=False)
    assert "249 of 250" in app.run().warning[0].value
    keep(source, not_run="C compiler: there is none on PATH. Install gcc or clang.")
    warning = app.run().warning[0].value.replace("\\", "")
    assert warning == "Written, but not run here: C compiler: there is none on PATH. Install gcc or clang."
    export_job(store, source, "c").write(JobState(state="failed", reason="binary_conv_1: refused. Change it."))
    assert "binary_conv_1: refused. Change it." in app.run().error[0].value.replace("\\", "")


def test_what_is_missing_is_said_before_with_the_command_that_gets_it(
    open_page: OpenPage, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BNN_LCE_PYTHON", raising=False)
    app = open_page("export", run=run_id, to="tflite")
    error = app.error[0].value.replace("\\", "")
    assert error.startswith(
        "It cannot be written here. Larq Compute Engine: BNN_LCE_PYTHON names no Python that has it."
    )
    assert app.button(key="export_start").disabled
    if ONNX_RUNTIME.python is None:
        field(app.radio, "export.target").set_value("onnx").run()
        assert "pip install onnx==" in app.warning[0].value.replace("\\", "")
        assert not app.button(key="export_start").disabled


def test_what_cannot_be_exported_says_why_and_where_it_is_mended(
    open_page: OpenPage, store: Store, drafts: Drafts
) -> None:
    app = open_page("export")
    assert "There is nothing to export yet" in said(app)
    assert len(field(app.radio, "export.target").options) == len(TARGETS)
    run = started_run(store)
    app = open_page("export", run=run, of="run")
    assert f"Run {run} has not ended." in said(app)
    app = open_page("export", draft=drafts.create(Design(name="empty")).id)
    assert "The design is not finished" in app.error[0].value
    assert not any(button.key == "export_start" for button in app.button)
    field(app.radio, "export.target").set_value("picture").run()  # of what there is of it
    assert app.button(key="export_start").label == "Export"


def test_words_of_verdicts_and_names_of_files() -> None:
    states = ("bits", "refused", "int8", "bits", "float")
    found = {f"b{index}": Verdict(state, "", "") for index, state in enumerate(states)}
    assert verdict_text(found) == "Of 5 blocks: 2 in bits, 1 in 8 bits, 1 in floats, 1 refused."
    assert verdict_text({}) == "No block of this network has anything to run in bits."
    source = Source("run", "1a2b3c4d", Path())
    assert file_name("../a b", source, "c") == "a-b-1a2b3c4d-c.zip"
    assert file_name("\N{SNOWMAN}", source, "c") == "network-1a2b3c4d-c.zip"
