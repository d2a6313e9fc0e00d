"""How long the runs that a sweep would queue take together, from what runs took on this machine."""

from __future__ import annotations

from collections.abc import Sequence

from bnn_designer.measuring.pace import Estimate
from bnn_designer.measuring.training_time import NoEstimate, training_time
from bnn_designer.runs.store import Store
from bnn_designer.sweeps.plan import Member
from bnn_designer.units import counted, duration_text


def time_of_missing(store: Store, members: Sequence[Member]) -> str:
    """In words, with the error where it is known; "" where no run is missing.

    Raises:
        TrainingError: BNN_THREADS cannot be read.
    """
    missing = [one for one in members if one.state == "missing"]
    # a seed takes no time of its own, and each estimate reads the store
    of_variant = {one.index: one for one in missing}
    found = {index: training_time(store, one.design, one.recipe) for index, one in of_variant.items()}
    return time_text_of([found[one.index] for one in missing])


def time_text_of(found: Sequence[Estimate | NoEstimate]) -> str:
    """The sum of what is known. The bounds are summed too: what makes one run slower than told does so with all."""
    if not found:
        return ""
    known = [one for one in found if isinstance(one, Estimate)]
    unknown = [one for one in found if isinstance(one, NoEstimate)]
    if not known:
        return f"How long that takes is not known. {unknown[0].reason} A short run on the Train page tells."
    total = duration_text(sum(one.total_s for one in known))
    least = [one.least_s for one in known if one.least_s is not None]
    most = [one.most_s for one in known if one.most_s is not None]
    if len(least) == len(most) == len(known):
        total += f" ({duration_text(sum(least))} to {duration_text(sum(most))})"
    others = sum(one.basis != "same" for one in known)
    which = "" if others == len(known) else f"{others} of them "
    told = f", {which}told from other networks" if others else ""
    if unknown:
        return (
            f"{counted(len(known), 'new run')} would take about {total}, one after another{told}. How long the other "
            f"{len(unknown)} take is not known. {unknown[0].reason}"
        )
    return f"{counted(len(known), 'new run')} would take about {total}, one after another{told}."
