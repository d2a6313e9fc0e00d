"""A sweep in words, for the terminal and for the page: what it would do, how far it is, what its variants are."""

from __future__ import annotations

from bnn_designer.compare.dimensions import AS_IS, DIMENSIONS, Choice, option_of
from bnn_designer.sweeps.definition import SweepVariant
from bnn_designer.sweeps.plan import MemberState
from bnn_designer.sweeps.results import Results
from bnn_designer.units import counted

_WORDS: dict[MemberState, str] = {
    "done": "done already",
    "training": "training",
    "waiting": "waiting",
    "stopped": "would be resumed",
    "failed": "failed",
    "missing": "would be queued",
}


def plan_text(found: Results) -> str:
    """``6 runs: 3 variants, 2 seeds each. 4 are done already, 2 would be queued.``"""
    counts, variants = found.counts, len({one.index for one in found.members})
    parts = [f"{counts[state]} {words}" for state, words in _WORDS.items() if counts[state]]
    seeds = len(found.plan.sweep.seeds)
    return (
        f"{counted(len(found.members), 'run')}: {counted(variants, 'variant')}, {counted(seeds, 'seed')} each. "
        f"{', '.join(parts)}."
    )


def progress_text(found: Results) -> str:
    """What is at work now."""
    active = next((one.run for one in found.members if one.run is not None and one.state == "training"), None)
    if active is not None:
        return f"{active.name}, seed {active.recipe.seed}: {active.status}"
    return "waiting for a place" if found.counts["waiting"] else "no run is left"


def variant_words(variant: SweepVariant) -> str:
    """As the what-if calls it: ``Shortcuts: none, learning rate 0.01``; ``As it is``."""
    choices = [_choice_words(one) for one in variant.choices if one.value != AS_IS]
    settings = [f"{name.replace('_', ' ')} {value}" for name, value in variant.settings]
    return ", ".join((*choices, *settings)) or "As it is"


def _choice_words(choice: Choice) -> str:
    return f"{DIMENSIONS[choice.dimension].title}: {option_of(choice).title}"
