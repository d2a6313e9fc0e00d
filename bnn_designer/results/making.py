"""A result from the runs in the store: the same runs that its sweep would train."""

from __future__ import annotations

from bnn_designer.results.catalogue import Entry
from bnn_designer.results.kept import KeptResult, KeptRun, ResultError
from bnn_designer.runs.about import about_runs
from bnn_designer.runs.curves import epochs_of
from bnn_designer.runs.store import Store
from bnn_designer.sweeps.plan import Member, plan
from bnn_designer.training.events import EpochEnd


def made(entry: Entry, store: Store) -> KeptResult:
    """What the runs that are done say; those that are missing are counted.

    Raises:
        ResultError: no run is done.
        BnnDesignerError: the sweep cannot be made, or the store cannot be read.
    """
    planned = plan(entry.sweep())
    members = planned.members(store.runs())
    done = [one for one in members if one.state == "done"]
    if not done:
        raise ResultError(f"{entry.name}: none of its {len(members)} runs is done. Train them first: {entry.command}")
    runs = [one.run for one in done if one.run is not None]
    abouts = about_runs(store, runs)
    curves = epochs_of(store, [run.id for run in runs])

    def kept(one: Member) -> KeptRun:
        assert one.run is not None  # of those that are done
        facts = dict(abouts[one.run.id].items())
        return KeptRun(variant=one.index, seed=one.seed, about=facts, epochs=shortened(curves[one.run.id]))

    return KeptResult(
        name=entry.name,
        command=entry.command,
        definition=planned.sweep.to_json(),
        variants=entry.titles,
        missing=len(members) - len(done),
        runs=tuple(kept(one) for one in done),
    )


def shortened(epochs: tuple[EpochEnd, ...]) -> tuple[EpochEnd, ...]:
    """Epochs without what was measured by layer, but for the last one, so that the file stays small."""
    return tuple(end.model_copy(update={"layers": ()}) for end in epochs[:-1]) + epochs[-1:]
