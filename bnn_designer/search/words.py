"""What a search says for people, in the terminal and on the page."""

from __future__ import annotations

from bnn_designer.compare.more_figures import FIGURES_BY_NAME
from bnn_designer.search.definition import Limit
from bnn_designer.search.results import Found
from bnn_designer.search.trials import State, Trial
from bnn_designer.units import percent_text

STATE_WORDS: dict[State, str] = {
    "done": "trained to the end",
    "pruned": "cancelled early",
    "failed": "failed",
    "over": "over budget, not trained",
    "unfit": "no network that fits, not trained",
}


def counts_text(found: Found) -> str:
    """``Search 0123abcd: 12 of 480 points tried: 7 trained to the end, 5 over budget, not trained.``"""
    parts = [f"{found.counts[state]} {words}" for state, words in STATE_WORDS.items() if found.counts[state]]
    tried = f"{len(found.trials)} of {found.search.space.size:,} points tried"
    return f"Search {found.id}: {tried}{': ' if parts else ''}{'; '.join(parts)}."


def limits_text(limits: tuple[Limit, ...]) -> str:
    """``RAM at most 64.0 KiB, File at most 1.00 MiB``."""
    return ", ".join(limit.text for limit in limits)


def untrained_text(trial: Trial, limits: tuple[Limit, ...]) -> str:
    """Why a trial was never trained: ``RAM 23 % over``, or why it is no network that fits."""
    if trial.state != "over":
        return trial.reason
    over = {limit.figure: limit.over(trial.figures) for limit in limits}
    return ", ".join(
        f"{FIGURES_BY_NAME[figure].heading} {percent_text(share, 0 if share >= 0.1 else 1)} over"
        for figure, share in over.items()
        if share > 0
    )
