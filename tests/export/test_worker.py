"""The job that exports a run or a design: the archive, what running it showed, and every end that it may have."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.errors import BnnDesignerError
from bnn_designer.export import TARGETS, of_source, worker
from bnn_designer.export.job import Kept, archive_path, export_job, read_kept
from bnn_designer.export.larq.target import VARIABLE
from bnn_designer.export.source import Source, design_source, keep_design, run_source, source_of, tidy
from bnn_designer.export.table import lacking
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
def run(store: Store) -> Source:
    """A run with a checkpoint and an epoch, whose network is random, on pictures of one's own."""
    data = write_npz(store.home / "shapes.npz", {"class_names": np.array(["ring", "dot", "bar"])}, shape=(6, 6, 3))
    found = store.create_run(DESIGN, Recipe(epochs=1, data=str(data)))
    store.add_event(found, EpochEnd(epoch=1, loss=1.0, accuracy=0.5, val_loss=1.0, val_accuracy=0.25, seconds=1.0))
    store.checkpoint_path(found).parent.mkdir(parents=True)
    random_model(lower(DESIGN)).save(store.checkpoint_path(found))
    return run_source(store, found)


@pytest.fixture(scope="module")
def design(store: Store) -> Source:
    found = design_source(store, DESIGN)
    keep_design(found, DESIGN)
    return found


@pytest.fixture(autouse=True)
def images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_source, "test_images", lambda data: (IMAGES, np.zeros(len(IMAGES))))


def exported(store: Store, source: Source, target: str) -> Kept:
    assert worker.carry_out(
        export_job(store, source, target), lambda say: worker.export_source(store, source, target, say)
    ) in (0, 1)
    kept = read_kept(source, target)
    assert kept is not None
    return kept


def file_of(source: Source, target: str, name: str) -> str:
    with zipfile.ZipFile(archive_path(source, target)) as archive:
        return archive.read(f"{target}-{source.id}/{name}").decode()


def test_a_run_leaves_as_an_archive_with_the_numbers_of_its_proof(store: Store, run: Source) -> None:
    kept = exported(store, run, "weights")
    assert kept.proof.startswith("run by a new model with network.weights.h5: 20 of 20 images")
    assert (kept.all_same, kept.not_run) == (True, "")
    assert kept.images == f"test images of {store.home / 'shapes.npz'}"
    with zipfile.ZipFile(archive_path(run, "weights")) as archive:
        assert {name: archive.getinfo(name).file_size for name in archive.namelist()} == {
            f"weights-{run.id}/{name}": size for name, size in kept.files.items()
        }


def test_a_page_names_the_classes_of_the_data_that_the_run_trained_on(store: Store, run: Source) -> None:
    assert exported(store, run, "html").notes == ()  # one would say that they are numbered
    assert '"classes":["ring","dot","bar"]' in file_of(run, "html", "network.html")
    data = Path(store.run(run.id).recipe.data)
    data.rename(store.home / "gone.npz")
    assert exported(store, run, "html").notes == ("The classes are numbered: their names are not known.",)
    (store.home / "gone.npz").rename(data)


def test_the_report_has_the_curves_of_the_run(store: Store, run: Source) -> None:
    assert exported(store, run, "report").proof == ""
    text = file_of(run, "report", "report.html")
    assert "1 epoch; the highest validation accuracy is 25.00 %" in text
    assert f"Its weights are from run {run.id}." in text


def test_a_design_leaves_untrained_and_is_run_all_the_same(store: Store, design: Source) -> None:
    assert source_of(store, design.kind, design.id) == design  # as the worker finds it
    kept = exported(store, design, "weights")
    assert kept.proof.startswith("run by a new model with network.weights.h5: 50 of 50 images")
    assert kept.images == "images of random pixels"
    assert "untrained" in file_of(design, "weights", "README.md")
    assert exported(store, design, "picture").proof == exported(store, design, "picture").not_run == ""


def test_another_design_is_another_source_and_the_oldest_makes_room(tmp_path: Path) -> None:
    store = Store(store_url(tmp_path), tmp_path)
    found = [design_source(store, DESIGN.model_copy(update={"classes": classes})) for classes in (3, 4, 5)]
    for age, source in enumerate(found):
        keep_design(source, DESIGN)
        (source.folder / "design.json").write_bytes(bytes(100))
        os.utime(source.folder, (0, 1_000_000_000 - age))
    tidy(store, found[2], most_bytes=200)  # the newest has 100 of them, whatever its age
    assert [source.folder.exists() for source in found] == [True, False, True]


def test_what_cannot_be_run_here_is_written_and_says_why(
    store: Store, run: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    kept = exported(store, run, "larq")
    assert kept.proof == ""
    assert kept.not_run.startswith("Larq: BNN_LARQ_PYTHON is not set.")
    assert kept.not_run == lacking(TARGETS["larq"])  # as the page says it before
    assert "network.h5 is not among them" in kept.notes[0]
    monkeypatch.setenv(VARIABLE, "python")
    assert lacking(TARGETS["larq"]) == lacking(TARGETS["keras"]) == ""


def test_a_refusal_ends_the_job_and_leaves_nothing(
    store: Store, run: Source, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*given: object) -> object:
        raise BnnDesignerError("binary_conv_1: refused. Change it.")

    monkeypatch.setattr(worker, "export_to", refuse)
    job = export_job(store, run, "picture")
    assert worker.carry_out(job, lambda say: worker.export_source(store, run, "picture", say)) == 1
    state = job.read()
    assert state is not None
    assert (state.state, state.reason) == ("failed", "binary_conv_1: refused. Change it.")
    assert not archive_path(run, "picture").exists()
    assert read_kept(run, "picture") is None


def test_an_archive_is_the_same_for_the_same_files() -> None:
    files = {"a.txt": b"a" * 100, "b.txt": b"b"}
    data = worker.archive(files, "12345678", "c")
    assert worker.archive(files, "12345678", "c") == data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["c-12345678/a.txt", "c-12345678/b.txt"]


def test_every_target_says_who_loads_it_and_what_runs_in_bits() -> None:
    for target in TARGETS.values():
        assert target.receiver.endswith("."), target.name
        assert bool(target.judged_as) + bool(target.in_bits) == target.of_weights, target.name
