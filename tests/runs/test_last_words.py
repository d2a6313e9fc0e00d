"""Why a run failed, where the store could not be told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.design import Design
from bnn_designer.processes import Owner
from bnn_designer.runs.last_words import LastWords, leave, read, reserve
from bnn_designer.runs.queue import reap
from bnn_designer.runs.store import Store
from bnn_designer.training.failures import FAILURES
from bnn_designer.training.recipe import Recipe


@given(failure=st.sampled_from(FAILURES), error=st.text(max_size=600))
def test_words_fit_into_the_place_that_was_taken(tmp_path_factory: object, failure: str, error: str) -> None:
    folder = tmp_path_factory.mktemp("run")  # type: ignore[attr-defined]
    reserve(folder)
    assert read(folder) is None
    before = (folder / "last-words.json").stat().st_size
    words = LastWords(failure, error)  # type: ignore[arg-type]
    leave(folder, words)
    assert (folder / "last-words.json").stat().st_size == before
    found = read(folder)
    assert found is not None
    assert found.failure == failure
    assert error.startswith(found.error)
    assert len(found.error) >= min(len(error), 300)


def test_what_cannot_be_read_is_nothing(tmp_path: Path) -> None:
    assert read(tmp_path / "nowhere") is None
    for text in ("{", "[1]", '{"failure": "bored", "error": "x"}', '{"failure": "disk_full"}'):
        (tmp_path / "last-words.json").write_text(text)
        assert read(tmp_path) is None


def test_a_run_says_why_it_failed_though_its_worker_could_not_write_it(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    run_id = store.create_run(small_design, quick_recipe, owner=Owner.of_process(process.pid))
    reserve(store.run_folder(run_id))
    leave(store.run_folder(run_id), LastWords("disk_full", "The disk is full."))
    assert store.run(run_id).status == "preparing"  # its process is there, and may yet write it itself
    process.communicate(b"\n")
    assert (store.run(run_id).status, store.run(run_id).stored_status) == ("failed", "running")
    assert reap(store) == [run_id]
    run = store.run(run_id)
    assert (run.stored_status, run.failure, run.error) == ("failed", "disk_full", "The disk is full.")
