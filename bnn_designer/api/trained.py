"""Training in this process, kept as a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bnn_designer.api.network import Network
from bnn_designer.cost.report import cost
from bnn_designer.design import Design
from bnn_designer.quiet import import_tensorflow_quietly
from bnn_designer.training.events import EpochEnd, Event
from bnn_designer.training.recipe import Recipe

if TYPE_CHECKING:
    from bnn_designer.runs.records import RunRecord
    from bnn_designer.runs.store import Store


@dataclass(frozen=True)
class Trained:
    """A network that was trained.

    Attributes:
        network: what was trained.
        run: how it ended, as the Runs page shows it; ``run.id`` is what commands take, ``run.status`` is "done", or
            "cancelled" after Ctrl-C.
        store: where the run is kept.
    """

    network: Network
    run: RunRecord
    store: Store

    @cached_property
    def epochs(self) -> tuple[EpochEnd, ...]:
        """What was measured at the end of each epoch, such as ``epochs[-1].val_accuracy``, a share from 0 to 1."""
        from bnn_designer.runs.curves import epochs_of

        return epochs_of(self.store, [self.run.id])[self.run.id]

    @cached_property
    def model(self) -> Any:
        """The ``keras.Model`` with the weights of the last epoch.

        Raises:
            BnnDesignerError: the run was stopped before its first epoch ended.
        """
        from bnn_designer.measuring.checkpoint import of_run

        return of_run(self.store, self.run.id).model


def train(
    network: Design,
    recipe: Recipe | None = None,
    *,
    on_event: Callable[[Event], None] | None = None,
    person: str | None = None,
    **fields: Any,
) -> Trained:
    """Trains a network in this process. The run is kept with its curve and checkpoints, and appears on the Runs page.

    The same network, recipe and number of threads give the same curve (docs/training.md). Ctrl-C ends the run and keeps
    its state.

    Args:
        network: takes the images of the data set and has its classes.
        recipe: how it is trained; None: the usual recipe.
        on_event: told of every event: a window of steps, the end of an epoch.
        person: whose run it is.
        fields: of the recipe, to be other than in ``recipe``: ``data="mnist"``, ``epochs=3``, ``subset=10_000``,
            ``seed=1``. A published data set that is on no disk here is downloaded.

    Raises:
        RecipeError: a field of the recipe is unknown, or its value breaks a rule.
        DesignError: the network cannot be built, or does not fit the data.
        BnnDesignerError: what else ended the run, such as a loss that became infinite; it is kept as failed.
    """
    from bnn_designer.runs.execute import run_in_foreground
    from bnn_designer.runs.store import Store

    wanted = Recipe.from_fields(**fields) if recipe is None else recipe.changed(**fields)
    cost(network)  # one that cannot be lowered is refused before anything is stored
    import_tensorflow_quietly()
    store = Store()
    run = run_in_foreground(store, network, wanted, on_event=on_event, person=person)
    return Trained(Network.of(network), run, store)
