"""The search itself: propose, hold to the budgets, train, note; until there is enough of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bnn_designer.runs.store import Store
from bnn_designer.runs.sweeps import add_sweep, note_trials
from bnn_designer.runs.sweeps import sweep as stored
from bnn_designer.search.definition import Search, SearchError
from bnn_designer.search.proposals import propose
from bnn_designer.search.results import trials_of
from bnn_designer.search.training import TimeIsUp, Trained, train
from bnn_designer.search.trials import Trial, no_dearer, priced
from bnn_designer.units import counted, percent_text

#: So many proposals in a row that are over budget: nothing that fits is found any more.
MOST_UNTRAINED = 300
#: So many failed runs in a row: it is not the networks.
MOST_FAILED = 3

Say = Callable[[str], None]
#: Trains a proposal; :func:`bnn_designer.search.training.train` but for the search and the store.
Train = Callable[[Trial, Sequence[Trial]], Trained]


@dataclass(frozen=True)
class Amount:
    """How long a search may go on; at least one is given.

    Attributes:
        trials: runs of it in all, those of earlier calls among them.
        hours: of this call.
    """

    trials: int | None
    hours: float | None

    def __post_init__(self) -> None:
        if self.trials is None and self.hours is None:
            raise SearchError("A search has no end of its own. Give --hours, --trials or both.")
        if self.trials is not None and self.trials < 1:
            raise SearchError(f"--trials {self.trials}: it is at least 1. Give more.")
        if self.hours is not None and not 0 < self.hours < 10_000:
            raise SearchError(f"--hours {self.hours:g}: it is more than 0 and less than 10,000. Give another number.")


def start(store: Store, search: Search) -> tuple[str, list[Trial]]:
    """Stores a search where it is not there yet; returns its id and what it has tried.

    Raises:
        SearchError: a trial cannot be read.
        StoreError: the store cannot be written to.
    """
    key, _ = add_sweep(store, "search", search.design.name, search.to_json())
    return key, list(trials_of(stored(store, key).trials))


def go(
    store: Store, key: str, search: Search, trials: list[Trial], amount: Amount, say: Say, person: str | None = None
) -> str:
    """Searches on; ``trials`` grows, and is in the store after each run.

    Args:
        store: the store.
        key: id of the search.
        search: the search.
        trials: what it has tried so far.
        amount: when to stop.
        say: takes a line on what is done.
        person: whose the runs are.

    Returns:
        Why it stopped, in a sentence.

    Raises:
        BnnDesignerError: a run cannot be queued.
        KeyboardInterrupt: what was found is in the store.
    """
    ends_at = None if amount.hours is None else time.monotonic() + amount.hours * 3600

    def trained(trial: Trial, before: Sequence[Trial]) -> Trained:
        peers = [
            one.run
            for one in before
            if one.state == "done" and one.run and no_dearer(one, trial.figures, search.limits)
        ]
        return train(store, search, search.space.at(trial.point), peers, ends_at, say, person)

    try:
        return explore(search, trials, amount, ends_at, trained, lambda: note(store, key, trials), say)
    finally:
        note(store, key, trials)


def note(store: Store, key: str, trials: Sequence[Trial]) -> None:
    """Keeps what was tried."""
    note_trials(store, key, [one.to_data() for one in trials])


def explore(
    search: Search,
    trials: list[Trial],
    amount: Amount,
    ends_at: float | None,
    trained: Train,
    keep: Callable[[], None],
    say: Say,
) -> str:
    """The loop of :func:`go` without the store."""
    passed_over = 0
    while True:
        ended = _enough(trials, amount, ends_at)
        if ended is not None:
            return ended
        point = propose(search, trials)
        if point is None:
            return "Every point has been tried."
        found = priced(search, point)
        if found.trial is not None:
            trials.append(found.trial)
            passed_over += 1
            continue
        if passed_over:
            say(f"{counted(passed_over, 'proposal')} passed over: over budget, or no network.")
            passed_over = 0
        count = sum(one.is_trained for one in trials) + 1
        of = "" if amount.trials is None else f" of {amount.trials}"
        say(f"Trial {count}{of}: {search.space.changes(point)} ({search.figures_text(found.figures)})")
        asked = Trial(point, "failed", found.figures)  # until it is trained
        try:
            came = trained(asked, trials)
        except TimeIsUp:
            return "The time is up. The same command goes on."
        trials.append(
            Trial(point, came.state, found.figures, came.accuracy, came.run, came.epochs, came.reason),
        )
        keep()
        say(outcome_text(trials[-1]))


def _enough(trials: Sequence[Trial], amount: Amount, ends_at: float | None) -> str | None:
    count = sum(one.is_trained for one in trials)
    if amount.trials is not None and count >= amount.trials:
        return f"{count} {'trial has' if count == 1 else 'trials have'} been trained."
    if ends_at is not None and time.monotonic() >= ends_at:
        return "The time is up. The same command goes on."
    last = list(trials[-MOST_UNTRAINED:])
    if len(last) == MOST_UNTRAINED and not any(one.is_trained for one in last):
        return (
            f"{counted(MOST_UNTRAINED, 'proposal')} in a row were over budget: nothing more is found that fits. Give a "
            "larger budget, or start from a smaller design."
        )
    runs = [one for one in trials if one.is_trained][-MOST_FAILED:]
    if len(runs) == MOST_FAILED and all(one.state == "failed" for one in runs):
        return f"{MOST_FAILED} runs in a row failed. The last one: {runs[-1].reason.rstrip('.')}. Mend this first."
    return None


def outcome_text(trial: Trial) -> str:
    """What came of a run, in a line."""
    if trial.state == "done":
        return f"  {percent_text(trial.accuracy)}"
    return f"  {'cancelled' if trial.state == 'pruned' else 'failed'}: {trial.reason}"
