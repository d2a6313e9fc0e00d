"""What a server lets people queue: how limits are read, what they say, and that nobody gets past one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from bnn_designer.design import Design
from bnn_designer.design.presets import preset
from bnn_designer.processes import Owner
from bnn_designer.runs import limits, queue
from bnn_designer.runs.actions import clone, extend, resume, retry
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.limits import Entry, LimitError, LimitReached, Limits, Usage, limit_texts, limits_set, refusal
from bnn_designer.runs.store import Store
from bnn_designer.training.recipe import Recipe

GIB = 1024**3


@pytest.fixture(autouse=True)
def _nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bnn_designer.runs.actions.dispatch", lambda store: [])
    monkeypatch.setattr(queue, "dispatch", lambda store: [])


def test_unset_is_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits_set() == Limits()
    monkeypatch.setenv(limits.QUEUED_VARIABLE, " ")
    assert not limits_set().any


def test_limits_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in (
        (limits.QUEUED_VARIABLE, "30"),
        (limits.PERSON_VARIABLE, "3"),
        (limits.EPOCHS_VARIABLE, "20"),
        (limits.DISK_VARIABLE, "20GiB"),
        (limits.FREE_VARIABLE, "5 GiB"),
    ):
        monkeypatch.setenv(variable, value)
    assert limits_set() == Limits(queued=30, of_person=3, epochs=20, disk_bytes=20 * GIB, free_bytes=5 * GIB)


@pytest.mark.parametrize(
    ("variable", "value", "rule"),
    [
        (limits.QUEUED_VARIABLE, "0", "'0' is not a whole number of at least 1. Set it to one, or unset it"),
        (limits.PERSON_VARIABLE, "three", "'three' is not a whole number"),
        (limits.EPOCHS_VARIABLE, "-5", "'-5' is not a whole number"),
        (limits.EPOCHS_VARIABLE, "\u0663", "is not a whole number"),
        (limits.DISK_VARIABLE, "20GB of runs", "this is not a size. Write a number and one of B, kB"),
        (limits.FREE_VARIABLE, "5gb", "this unit is ambiguous"),
    ],
)
def test_what_cannot_be_read_names_its_variable(
    variable: str, value: str, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(LimitError, match=f"^{variable}: .*{rule}"):
        limits_set()


@pytest.mark.parametrize(
    ("allowed", "entry", "usage", "variable", "says"),
    [
        (Limits(epochs=20), Entry("Ada", 21), Usage(), limits.EPOCHS_VARIABLE, "20 epochs, and this one has 21"),
        (Limits(of_person=1), Entry("Ada", 1), Usage(of_person=1), limits.PERSON_VARIABLE, "Ada has 1. Wait until"),
        (Limits(of_person=9), Entry(None, 1), Usage(), limits.PERSON_VARIABLE, "this run is nobody's. Give a name"),
        (Limits(queued=2), Entry(None, 1), Usage(queued=2), limits.QUEUED_VARIABLE, "at most 2 runs wait, and 2 are"),
        (Limits(disk_bytes=GIB), Entry(None, 1), Usage(disk_bytes=GIB), limits.DISK_VARIABLE, "1.00 GiB of runs"),
        (
            Limits(free_bytes=GIB),
            Entry(None, 1),
            Usage(free_bytes=GIB - 1),
            limits.FREE_VARIABLE,
            "1.00 GiB of the disk",
        ),
    ],
)
def test_a_refusal_says_which_limit_who_set_it_and_how_to_go_on(
    allowed: Limits, entry: Entry, usage: Usage, variable: str, says: str
) -> None:
    text = refusal(allowed, entry, usage)
    assert text is not None
    assert f"(set by {variable} where the server was started)" in text
    assert says in text


def test_up_to_the_limit_all_is_well() -> None:
    allowed = Limits(queued=2, of_person=2, epochs=20, disk_bytes=GIB, free_bytes=GIB)
    usage = Usage(queued=1, of_person=1, disk_bytes=GIB // 2, free_bytes=GIB)
    assert refusal(allowed, Entry("Ada", 20), usage) is None
    # a terminal's run does not wait
    assert refusal(Limits(queued=1), Entry(None, 1, waits=False), Usage(queued=1)) is None
    assert limit_texts(allowed, usage, "Ada") == (
        "at most 20 epochs a run",
        "2 runs a person (you have 1)",
        "2 runs in the queue (1 now)",
        "1.00 GiB for all runs (512 MiB now)",
        "1.00 GiB of the disk stay free (1.00 GiB now)",
    )
    assert limit_texts(Limits(), usage, None) == ()


def test_many_pages_at_once_do_not_pass_a_limit(
    store: Store, small_design: Design, quick_recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(limits.QUEUED_VARIABLE, "3")
    barrier = threading.Barrier(8)

    def queue_one(_: int) -> bool:
        with store.engine.connect():  # opening one takes longer than what follows
            barrier.wait()
        try:
            store.create_run(small_design, quick_recipe)
        except LimitReached:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(queue_one, range(8))) == 3
    assert len(store.runs()) == 3


def test_a_persons_runs_are_counted_whether_they_wait_or_are_held(
    store: Store, small_design: Design, quick_recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(limits.PERSON_VARIABLE, "2")
    first, _ = (store.create_run(small_design, quick_recipe, person="Ada") for _ in range(2))
    store.claim_next(1)
    with pytest.raises(LimitReached, match="ada has 2"):
        store.create_run(small_design, quick_recipe, person="ada")
    with pytest.raises(LimitReached, match="Ada has 2"):
        clone(store, first, person="Ada")
    store.create_run(small_design, quick_recipe, person="Ben")
    store.finish(first, "done")
    store.create_run(small_design, quick_recipe, person="ada", owner=Owner.of_process())
    assert store.usage("Ada").of_person == 2


@pytest.mark.parametrize("act", [resume, retry, lambda store, run_id: extend(store, run_id, 1)])
def test_what_is_queued_again_meets_the_limits_and_loses_nothing(
    store: Store, small_design: Design, act: Callable[[Store, str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = store.create_run(small_design, Recipe(epochs=2), person="Ada")
    claim = store.claim_next(1)
    assert claim is not None
    store.finish(run_id, "paused", lease=claim[1])
    state = store.state_path(run_id)
    state.parent.mkdir(parents=True)
    state.write_bytes(b"kept")
    monkeypatch.setenv(limits.QUEUED_VARIABLE, "1")
    waits = store.create_run(small_design, Recipe(epochs=2))
    with pytest.raises(LimitReached, match="at most 1 run wait, and 1 is waiting"):
        act(store, run_id)
    assert (store.run(run_id).status, state.read_bytes()) == ("paused", b"kept")
    store.request_cancel(waits)
    act(store, run_id)
    assert store.run(run_id).status == "queued"


def test_an_extension_counts_all_epochs(
    store: Store, small_design: Design, quick_recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = store.create_run(small_design, Recipe(epochs=2), owner=Owner.of_process())
    store.finish(run_id, "cancelled")
    monkeypatch.setenv(limits.EPOCHS_VARIABLE, "5")
    with pytest.raises(LimitReached, match="5 epochs, and this one has 6"):
        extend(store, run_id, 4)
    assert store.run(run_id).recipe.epochs == 2
    extend(store, run_id, 3)
    assert store.run(run_id).recipe.epochs == 5


def test_the_disk(store: Store, small_design: Design, quick_recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = store.create_run(small_design, quick_recipe)
    store.run_folder(run_id).mkdir(parents=True)
    (store.run_folder(run_id) / "state.npz").write_bytes(bytes(1000))
    monkeypatch.setenv(limits.DISK_VARIABLE, "1001")
    store.create_run(small_design, quick_recipe)
    (store.run_folder(run_id) / "model.keras").write_bytes(b"x")
    with pytest.raises(LimitReached, match="at most 1001 B of runs, and there are 1001 B"):
        store.create_run(small_design, quick_recipe)
    monkeypatch.setenv(limits.DISK_VARIABLE, "1002")
    monkeypatch.setenv(limits.FREE_VARIABLE, "1000000TiB")
    with pytest.raises(LimitReached, match=r"keeps .* of the disk free"):
        store.create_run(small_design, quick_recipe)


def test_drafts_are_counted_with_those_that_can_be_restored(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """2 of everybody's; of accounts each by itself."""
    monkeypatch.setenv("BNN_MAX_DRAFTS", "2")
    drafts, design = Drafts(store.engine), preset("bi-real-cifar")
    first = drafts.create(design)
    drafts.create(design)
    drafts.delete(first.id)
    for made in (lambda: drafts.create(design), lambda: drafts.duplicate(drafts.recent()[0].id)):
        with pytest.raises(LimitReached, match="keeps at most 2 drafts, and 2 are there with those that were deleted"):
            made()
    assert len(drafts.recent()) == 1
    for account in ("a" * 32, "b" * 32):
        own = drafts.for_account(account)
        assert [own.create(design).name for _ in range(2)] == [design.name] * 2
        with pytest.raises(LimitReached, match="set by BNN_MAX_DRAFTS"):
            own.create(design)
