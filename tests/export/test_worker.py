"""The job that exports a run: the archive, what running it showed, and every end that it may have."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.errors import BnnDesignerError
from bnn_designer.export import worker
from bnn_designer.export.job import Kept, archive_path, export_job, read_kept
from bnn_designer.export.larq.target import VARIABLE
from bnn_designer.graph import lower
from bnn_designer.runs.store import Store, store_url
from bnn_designer.training.events import EpochEnd
from bnn_designer.training.recipe import Recipe
from tests.inference.models import random_images, random_model
from tests.training.data.made import write_npz

DESIGN = Design(
    name="small",
    input_shape=(6, 6, 3),
    classes=3,
    blocks=(b.BinaryConv(filters=8), b.BinaryConv(filters=8), b.GlobalPool(), b.Head()),
)
IMAGES = random_images(lower(DESIGN), 20)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    home = tmp_path_factory.mktemp("export") / "home"
    return Store(store_url(home), home)


@pytest.fixture(scope="module")
def run_id(store: Store) -> str:
    """A run with a checkpoint and an epoch, whose network is random, on pictures of one's own."""
    data = write_npz(store.home / "shapes.npz", {"class_names": np.array(["ring", "dot", "bar"])}, shape=(6, 6, 3))
    found = store.create_run(DESIGN, Recipe(epochs=1, data=str(data)))
    store.add_event(found, EpochEnd(epoch=1, loss=1.0, accuracy=0.5, val_loss=1.0, val_accuracy=0.25, seconds=1.0))
    store.checkpoint_path(found).parent.mkdir(parents=True)
    random_model(lower(DESIGN)).save(store.checkpoint_path(found))
    return found


@pytest.fixture(autouse=True)
def images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "test_images", lambda data: (IMAGES, np.zeros(len(IMAGES))))


def exported(store: Store, run_id: str, target: str) -> Kept:
    assert worker.carry_out(
        export_job(store, run_id, target), lambda say: worker.export_run(store, run_id, target, say)
    ) in (0, 1)
    kept = read_kept(store, run_id, target)
    assert kept is not None
    return kept


def test_a_run_leaves_as_an_archive_with_the_numbers_of_its_proof(store: Store, run_id: str) -> None:
    kept = exported(store, run_id, "weights")
    assert kept.proof.startswith("run by a new model with network.weights.h5: 20 of 20 images")
    assert (kept.all_same, kept.not_run) == (True, "")
    with zipfile.ZipFile(archive_path(store, run_id, "weights")) as archive:
        assert {name: archive.getinfo(name).file_size for name in archive.namelist()} == {
            f"weights-{run_id}/{name}": size for name, size in kept.files.items()
        }


def test_a_page_names_the_classes_of_the_data_that_the_run_trained_on(store: Store, run_id: str) -> None:
    assert exported(store, run_id, "html").notes == ()  # one would say that they are numbered
    with zipfile.ZipFile(archive_path(store, run_id, "html")) as archive:
        page = archive.read(f"html-{run_id}/network.html").decode()
    assert '"classes":["ring","dot","bar"]' in page
    Path(store.run(run_id).recipe.data).rename(store.home / "gone.npz")
    assert exported(store, run_id, "html").notes == ("The classes are numbered: their names are not known.",)
    (store.home / "gone.npz").rename(store.run(run_id).recipe.data)


def test_the_report_has_the_curves_of_the_run(store: Store, run_id: str) -> None:
    assert exported(store, run_id, "report").proof == ""
    with zipfile.ZipFile(archive_path(store, run_id, "report")) as archive:
        text = archive.read(f"report-{run_id}/report.html").decode()
    assert "1 epoch; the highest validation accuracy is 25.00 %" in text
    assert f"Its weights are from run {run_id}." in text


def test_what_cannot_be_run_here_is_written_and_says_why(
    store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    kept = exported(store, run_id, "larq")
    assert kept.proof == ""
    assert kept.not_run.startswith("Larq: BNN_LARQ_PYTHON is not set.")
    assert "network.h5 is not among them" in kept.notes[0]


def test_a_refusal_ends_the_job_and_leaves_nothing(
    store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*given: object) -> object:
        raise BnnDesignerError("binary_conv_1: refused. Change it.")

    monkeypatch.setattr(worker, "export_to", refuse)
    job = export_job(store, run_id, "picture")
    assert worker.carry_out(job, lambda say: worker.export_run(store, run_id, "picture", say)) == 1
    state = job.read()
    assert state is not None
    assert (state.state, state.reason) == ("failed", "binary_conv_1: refused. Change it.")
    assert not archive_path(store, run_id, "picture").exists()
    assert read_kept(store, run_id, "picture") is None


def test_an_archive_is_the_same_for_the_same_files() -> None:
    files = {"a.txt": b"a" * 100, "b.txt": b"b"}
    data = worker.archive(files, "12345678", "c")
    assert worker.archive(files, "12345678", "c") == data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["c-12345678/a.txt", "c-12345678/b.txt"]
