"""What a run says while its images are read, and that it can be cancelled meanwhile."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from bnn_designer.design import Design, apply_edit
from bnn_designer.processes import Owner
from bnn_designer.runs.execute import execute_run
from bnn_designer.runs.progress import progress
from bnn_designer.runs.store import Store
from bnn_designer.training.data import DataError, Facts, fitting_edit
from bnn_designer.training.events import DataRead, Notice, Started
from bnn_designer.training.recipe import Recipe
from tests.training.data.made import write_pictures


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return write_pictures(tmp_path / "flowers", {"daisy": 15, "rose": 15}, size=(16, 16))


@pytest.fixture
def run_id(store: Store, small_design: Design, pictures: Path) -> str:
    edit = fitting_edit(small_design, Facts("flowers", (16, 16, 3), 2))
    assert edit is not None
    recipe = Recipe(data=str(pictures), epochs=1, batch_size=12, engine="float")
    return store.create_run(apply_edit(small_design, edit), recipe, owner=Owner.of_process())


def test_a_run_says_what_it_reads_and_what_it_has_read(store: Store, run_id: str) -> None:
    assert execute_run(store, run_id).status == "done"
    stored = store.events(run_id)
    first, read = stored[0].event, stored[1].event
    assert first == Notice(text="Reading flowers: 0 % of 30 pictures.")
    assert isinstance(read, DataRead)
    # a fifth of 15 and of 15
    assert (read.train_images, read.test_images, read.shape, read.classes) == (24, 6, (16, 16, 3), 2)
    assert progress(stored).data == read
    started = next(item.event for item in stored if isinstance(item.event, Started))
    assert (started.train_images, started.validation_images, started.steps_per_epoch) == (24, 6, 2)


def test_a_run_is_cancelled_while_it_reads(store: Store, run_id: str) -> None:
    stop = threading.Event()
    stop.set()
    assert execute_run(store, run_id, stop=stop, stopped_as="cancelled").status == "cancelled"
    assert not any(isinstance(item.event, DataRead) for item in store.events(run_id))


def test_a_picture_that_is_damaged_ends_the_run_with_its_name(store: Store, run_id: str, pictures: Path) -> None:
    (pictures / "rose" / "004.png").write_bytes(b"no picture")
    with pytest.raises(DataError):
        execute_run(store, run_id)
    run = store.run(run_id)
    assert run.status == "failed"
    assert f"{pictures / 'rose' / '004.png'}: it is no PNG and no JPEG" in str(run.error)
