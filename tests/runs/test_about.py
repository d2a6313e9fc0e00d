"""What a result is of: said of every run, and what was not recorded is said to be so."""

from __future__ import annotations

from dataclasses import replace

from bnn_designer.design import Design
from bnn_designer.processes import Owner
from bnn_designer.runs.about import NOT_RECORDED, NOT_STARTED, about, about_runs
from bnn_designer.runs.known import UNREADABLE
from bnn_designer.runs.store import Store
from bnn_designer.training.events import DataRead, Notice, Started, event_from_json
from bnn_designer.training.recipe import Recipe
from bnn_designer.units import time_text

OLD = Started(
    engine="float",
    engine_reason="No compiler.",
    train_images=500,
    validation_images=200,
    steps_per_epoch=10,
    epochs=2,
)
NEW = OLD.model_copy(update={"machine": "Xeon", "version": "0.1", "threads": 2})
READ = DataRead(
    title="CIFAR-10 (JPEG re-encoded)", shape=(32, 32, 3), classes=10, train_images=500, test_images=200, sha256="ab"
)


def test_each_run_says_what_it_is_of(store: Store, small_design: Design, quick_recipe: Recipe) -> None:
    first = store.create_run(small_design, quick_recipe.changed(seed=7), owner=Owner.of_process())
    other = store.create_run(small_design, quick_recipe)
    for event in (READ, Notice(text="x"), NEW):
        store.add_event(first, event)
    runs = [store.run(first), store.run(other)]
    found = about_runs(store, runs)
    facts = found[first]
    assert (facts.data, facts.engine, facts.gradients) == (READ.title, "float (No compiler)", "float")
    assert (facts.seed, facts.machine, facts.version, facts.threads) == ("7", "Xeon", "0.1", "2")
    assert facts.date == time_text(runs[0].started_at)
    waits = found[other]
    assert (waits.data, waits.seed) == ("CIFAR-10", "0")
    assert {waits.engine, waits.gradients, waits.machine, waits.version, waits.threads, waits.date} == {NOT_STARTED}
    assert [name for name, _ in facts.items()] == [
        "data",
        "engine",
        "gradients",
        "seed",
        "machine",
        "version",
        "threads",
        "date",
    ]


def test_older_events_and_broken_recipes_are_said_to_say_nothing(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    run = store.run(store.create_run(small_design, quick_recipe))
    stored = OLD.model_dump_json(exclude={"machine", "version", "threads"})
    facts = about(run, [event_from_json(stored)])
    assert facts.machine == facts.version == facts.threads == NOT_RECORDED
    broken = about(replace(run, recipe_json="{", status="done"), [])
    assert (broken.data, broken.seed, broken.engine) == (UNREADABLE, UNREADABLE, NOT_RECORDED)


def test_a_run_that_went_on_elsewhere_names_both_machines(
    store: Store, small_design: Design, quick_recipe: Recipe
) -> None:
    run = store.run(store.create_run(small_design, quick_recipe))
    elsewhere = NEW.model_copy(update={"machine": "Ryzen"})
    assert about(run, [OLD, NEW, NEW, elsewhere]).machine == f"{NOT_RECORDED}, then Xeon, then Ryzen"
