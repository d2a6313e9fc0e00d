"""What to try next: Optuna's tree-structured Parzen estimator, asked anew each time with all that was tried.

A proposal is a function of the search and of what was tried before, and of nothing else: a search that was stopped goes
on with the same proposals. The estimator is that of Ozaki et al., "Multiobjective tree-structured Parzen estimator",
JAIR 73 (2022), with constraints.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from itertools import product
from typing import Any

from bnn_designer.compare.freedom import Degree, Point, Space
from bnn_designer.search.definition import Search
from bnn_designer.search.trials import Trial, costs

#: Proposals that are drawn by chance before the estimator knows enough; Optuna's own number.
STARTUP_TRIALS = 10
#: The estimator proposes the same again where it is sure; after so many times a point beside that is taken.
_ATTEMPTS = 4
#: So many points beside it are looked at before one is drawn from all that are left.
_BESIDE = 50
#: Spaces up to this size are gone through where few points are left.
_SMALL_SPACE = 20_000
#: The violation of what is no network: further from any budget than networks are.
_UNFIT = 100.0


def propose(search: Search, trials: Sequence[Trial]) -> Point | None:
    """The next point to try, none of those that were tried; the design itself first.

    Args:
        search: the search.
        trials: what was tried, in order.

    Returns:
        None: every point has been tried.
    """
    optuna = _optuna()
    space, tried = search.space, {_key(one.point) for one in trials}
    if len(tried) >= space.size:
        return None
    if _key(space.own) not in tried:
        return space.own
    distributions = {degree.name: _distribution(optuna, degree) for degree in space.degrees}
    known = [told for one in trials if (told := _told(optuna, search, one, distributions)) is not None]
    for attempt in range(_ATTEMPTS):
        seed = _seed(search.recipe.seed, len(trials), attempt)
        sampler = optuna.samplers.TPESampler(n_startup_trials=STARTUP_TRIALS, seed=seed)
        directions = ["maximize", *["minimize"] * len(search.limits)]
        study = optuna.create_study(directions=directions, sampler=sampler)
        study.add_trials(known)
        asked = study.ask(distributions).params
        point = {degree.name: _value(degree, asked[degree.name]) for degree in space.degrees}
        if _key(point) not in tried:
            return point
    chance = random.Random(_seed(search.recipe.seed, len(trials), _ATTEMPTS))
    return _beside(space, point, tried, chance) or _untried(space, tried, chance)


def _optuna() -> Any:
    """The library, which takes a while to import and is needed here alone."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _distribution(optuna: Any, degree: Degree) -> Any:
    """Values in their order are numbers, so that the estimator knows which are alike."""
    if degree.ordered:
        return optuna.distributions.IntDistribution(0, len(degree.values) - 1)
    return optuna.distributions.CategoricalDistribution(degree.values)


def _value(degree: Degree, asked: Any) -> str:
    return degree.values[asked] if degree.ordered else str(asked)


def _told(optuna: Any, search: Search, trial: Trial, distributions: dict[str, Any]) -> Any | None:
    """A trial as the estimator takes it; None: it says nothing about the network, as a run that failed.

    One that was pruned counts with the accuracy that it had: it is beaten in any case. One that is over budget has no
    accuracy, and says by how much it is over.
    """
    degrees = search.space.degrees
    if trial.state == "failed" or set(trial.point) != {degree.name for degree in degrees}:
        return None
    if any(trial.point[degree.name] not in degree.values for degree in degrees):
        return None  # of a program with other values
    state = optuna.trial.TrialState
    params = {
        degree.name: degree.values.index(trial.point[degree.name]) if degree.ordered else trial.point[degree.name]
        for degree in degrees
    }
    trained = trial.accuracy is not None
    found = optuna.trial.create_trial(
        state=state.COMPLETE if trained else state.PRUNED,
        values=[trial.accuracy, *costs(trial.figures, search.limits)] if trained else None,
        params=params,
        distributions=distributions,
    )
    for limit in search.limits:
        found.set_constraint(limit.figure, _UNFIT if trial.state == "unfit" else limit.over(trial.figures))
    return found


def _beside(space: Space, point: Point, tried: set[tuple[str, ...]], chance: random.Random) -> Point | None:
    """An untried point that differs from another one in one degree or two; None: no such one was found."""
    for _ in range(_BESIDE):
        changed = chance.sample(space.degrees, min(len(space.degrees), chance.choice((1, 2))))
        beside = dict(point) | {degree.name: chance.choice(degree.values) for degree in changed}
        if _key(beside) not in tried:
            return beside
    return None


def _untried(space: Space, tried: set[tuple[str, ...]], chance: random.Random) -> Point | None:
    """A point by chance: of a small space one of those that are left, of a large one a new one."""
    names = [degree.name for degree in space.degrees]
    if space.size <= _SMALL_SPACE:
        left = [values for values in product(*(degree.values for degree in space.degrees)) if values not in tried]
        return dict(zip(names, chance.choice(left), strict=True)) if left else None
    while True:
        values = tuple(chance.choice(degree.values) for degree in space.degrees)
        if values not in tried:
            return dict(zip(names, values, strict=True))


def _key(point: Point) -> tuple[str, ...]:
    """The values in the order of the degrees, which is that in which points are made."""
    return tuple(point.values())


def _seed(seed: int, number: int, attempt: int) -> int:
    """Another one for each proposal, so that none needs the random numbers of those before it."""
    digest = hashlib.sha256(f"{seed} {number} {attempt}".encode()).digest()
    return int.from_bytes(digest[:4], "little") >> 1
