"""The what-if's variants as a sweep, its words, and what a server's limits say of all of it at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnn_designer.compare import VARIANTS, network_key, what_if
from bnn_designer.design import Design
from bnn_designer.runs import limits
from bnn_designer.runs.limits import Entry, LimitReached, Limits, Usage, refusal_of_all
from bnn_designer.runs.people import same_person
from bnn_designer.runs.store import Store
from bnn_designer.runs.sweeps import sweeps
from bnn_designer.sweeps import queueing
from bnn_designer.sweeps.definition import SweepError, SweepVariant, axis_of, product_of
from bnn_designer.sweeps.plan import plan
from bnn_designer.sweeps.queueing import refusal, start
from bnn_designer.sweeps.results import results
from bnn_designer.sweeps.what_if import sweep_of_variants
from bnn_designer.sweeps.words import plan_text, variant_words
from bnn_designer.training.recipe import Recipe


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store whose queue stands still."""
    monkeypatch.setattr(queueing, "dispatch", lambda store: [])
    monkeypatch.setattr("bnn_designer.runs.actions.dispatch", lambda store: [])
    return Store(home=tmp_path)


def test_what_is_trained_is_what_the_table_costs(small_design: Design) -> None:
    outcomes = [one for one in what_if(small_design).outcomes if one.state == "changed"]
    found = sweep_of_variants(small_design, [one.variant.name for one in outcomes], Recipe(seed=4), 2)
    assert found.seeds == (4, 5)
    assert found.design_of(found.variants[0]) == small_design
    for variant, outcome in zip(found.variants[1:], outcomes, strict=True):
        assert outcome.design is not None
        assert network_key(found.design_of(variant)) == network_key(outcome.design)
        assert variant_words(variant) == f"{outcome.variant.group.capitalize()}: {outcome.variant.title}"


def test_every_variant_of_the_what_if_can_be_trained(small_design: Design) -> None:
    found = sweep_of_variants(small_design, [one.name for one in VARIANTS], Recipe(), 1)
    assert len(found.variants) == 1 + len(VARIANTS)
    with pytest.raises(SweepError, match="no variant of this name"):
        sweep_of_variants(small_design, ["nonsense"], Recipe(), 1)


def test_words_of_variants() -> None:
    assert variant_words(SweepVariant()) == "As it is"
    (one,) = product_of([axis_of("width=0.5"), axis_of("shortcuts=as-is"), axis_of("learning-rate=0.01")])
    assert variant_words(one) == "Widths: 0.5 times, learning rate 0.01"


def test_how_many_of_several_runs_would_come_in() -> None:
    def usage(person: str | None) -> Usage:
        return Usage(queued=1, of_person=1 if same_person(person) == same_person("Ada") else 0)

    several = [Entry("Ada", 1), Entry("Bob", 1), Entry("ada", 1)]
    # one waits: with three more there are four
    assert refusal_of_all(Limits(queued=4), several, usage) is None
    assert "let in 2 of these 3 runs" in str(refusal_of_all(Limits(queued=3), several, usage))
    # Ada has one, and may have one more; both spellings are hers
    assert "let in 2 of these 3 runs" in str(refusal_of_all(Limits(of_person=2), several, usage))
    assert refusal_of_all(Limits(of_person=3), several, usage) is None
    assert str(refusal_of_all(Limits(queued=1), several, usage)).startswith("This server lets at most 1 run wait")
    assert refusal_of_all(Limits(queued=1), [], usage) is None


def test_a_sweep_that_does_not_fit_is_refused_whole_and_what_is_there_takes_no_place(
    store: Store, small_design: Design, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan(sweep_of_variants(small_design, ["shortcuts-none"], Recipe(epochs=1), 2))
    monkeypatch.setenv(limits.QUEUED_VARIABLE, "3")
    with pytest.raises(LimitReached, match="let in 3 of these 4 runs"):
        start(store, planned)
    assert (store.runs(), sweeps(store)) == ([], [])
    first = start(store, plan(sweep_of_variants(small_design, ["shortcuts-none"], Recipe(epochs=1), 1)), person="Ada")
    assert {store.run(run_id).person for run_id in first.queued} == {"Ada"}
    # two wait: the other two would be one too many, and a run that was cancelled would come in again
    assert "let in 1 of these 2 runs" in str(refusal(planned, store.runs(), store.usage))
    store.request_cancel(first.queued[0])
    assert "let in 2 of these 3 runs" in str(refusal(planned, store.runs(), store.usage))
    assert plan_text(results(planned, store.runs())) == (
        "4 runs: 2 variants, 2 seeds each. 1 waiting, 1 would be resumed, 2 would be queued."
    )
