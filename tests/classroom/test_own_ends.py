"""Which runs the lesson on the first and the last layer takes for a class's own, or for one's own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bnn_designer.classroom.own_ends import OF_CLASS, YOURS, chosen_runs, own_ends
from bnn_designer.design import Design
from bnn_designer.lessons import ends
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store
from bnn_designer.training.events import EpochEnd
from bnn_designer.training.recipe import Recipe

SHORT = Recipe(epochs=2, subset=1_000)


def epoch(number: int, accuracy: float) -> EpochEnd:
    values = dict.fromkeys(("loss", "accuracy", "val_loss", "seconds", "learning_rate", "images_per_second"), 1.0)
    return EpochEnd(epoch=number, val_accuracy=accuracy, **values)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    """A run as the store hands it out, to be changed."""
    home: Path = tmp_path_factory.mktemp("home")
    store = Store(f"sqlite:///{home / 'runs.sqlite'}", home)
    found = store.run(store.create_run(ends.network("float", "float"), SHORT))
    store.close()
    return replace(found, best_val_accuracy=0.4)


def made(run: RunRecord, name: str, design: Design, recipe: Recipe = SHORT, **fields: Any) -> RunRecord:
    return replace(run, id=name, design_json=design.to_json(), recipe_json=recipe.to_json(), **fields)


def test_of_each_pair_it_is_ones_own_run_or_else_the_newest(run: RunRecord) -> None:
    plain, binary = ends.network("float", "float"), ends.network("binary", "binary")
    mixed = ends.network("float", "bwn").model_copy(update={"name": "of another name"})
    newest_first = [
        (made(run, "others, newest", plain), OF_CLASS),
        (made(run, "own, newer", plain), YOURS),
        (made(run, "own, older", plain), YOURS),
        (made(run, "binary, newer", binary), OF_CLASS),
        (made(run, "binary, older", binary), OF_CLASS),
        (made(run, "mixed", mixed), OF_CLASS),
    ]
    assert {one.id: whose for one, whose in chosen_runs(newest_first).values()} == {
        "own, newer": YOURS,
        "binary, newer": OF_CLASS,
        "mixed": OF_CLASS,
    }


def test_what_does_not_compare_is_left_out(run: RunRecord) -> None:
    plain = ends.network("float", "float")
    wider = Design(name=plain.name, blocks=(*plain.blocks[:-2], plain.blocks[-1]))
    others = [
        made(run, "no epoch yet", plain, best_val_accuracy=None),
        made(run, "other images", plain, SHORT.changed(data="mnist")),
        made(run, "two stages", plain, SHORT.changed(first_stage_epochs=1)),
        made(run, "another network", wider),
        replace(run, design_json="{"),
        replace(run, recipe_json="{"),
    ]
    assert chosen_runs((one, YOURS) for one in others) == {}


def test_a_run_has_its_curve_so_far_and_says_whether_more_comes(run: RunRecord) -> None:
    plain, binary = ends.network("float", "float"), ends.network("binary", "binary")
    done = made(run, "done", plain, status="done")
    goes_on = made(run, "goes on", binary, status="running", created_at=run.created_at + timedelta(seconds=1))
    curves = {"done": (epoch(1, 0.3), epoch(2, 0.4)), "goes on": (epoch(1, 0.2),)}
    found = own_ends(chosen_runs([(goes_on, OF_CLASS), (done, YOURS)]), curves)
    assert {pair: (one.run_id, one.whose, one.curve, one.goes_on) for pair, one in found.items()} == {
        ("float", "float"): ("done", YOURS, (0.3, 0.4), False),
        ("binary", "binary"): ("goes on", OF_CLASS, (0.2,), True),
    }
    assert found["float", "float"].trained == "2 epochs of 1,000 images"
    assert own_ends(chosen_runs([(done, YOURS)]), {"done": ()}) == {}
