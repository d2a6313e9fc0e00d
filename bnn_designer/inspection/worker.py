"""The worker process of a job that looks inside a run; the process that starts it has taken the machine for it.

python -m bnn_designer.inspection.worker look RUN_ID
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from bnn_designer.inspection.job import look_job, sensitivity_job
from bnn_designer.inspection.report import Found, looked_at, weights_mark, write_found
from bnn_designer.inspection.sensitivity_report import Sensitivity, write_sensitivity
from bnn_designer.measuring.carrying_out import Say, carry_out
from bnn_designer.measuring.checkpoint import TrainedModel, of_run
from bnn_designer.measuring.job import Job
from bnn_designer.quiet import import_tensorflow_quietly
from bnn_designer.runs.store import Store
from bnn_designer.training.data import load
from bnn_designer.training.data.images import Images

#: What a worker does by its first argument: its job, and the work, which is told the store, the run and whom to tell.
_WORK: dict[str, tuple[Callable[[Store, str], Job], Callable[[Store, str, Say], object]]] = {
    "look": (look_job, lambda *given: look(*given)),
    "sensitivity": (sensitivity_job, lambda *given: try_layers(*given)),
}


def main(arguments: list[str]) -> int:
    """Carries out the job; see :func:`carry_out`."""
    what, run_id = arguments
    make, work = _WORK[what]
    store = Store()

    def whole(say: Say) -> str:
        work(store, run_id, say)
        return ""

    return carry_out(make(store, run_id), whole)


def look(store: Store, run_id: str, say: Say) -> Found:
    """Looks inside a run's best network, and keeps what was found with the run.

    Raises:
        BnnDesignerError: the run has no checkpoint yet, its data set is not on this machine, or the report cannot be
            written.
    """
    given = _given(store, run_id, say)
    from bnn_designer.inspection.looking import look_inside

    found = look_inside(given.trained, given.data, say, **given.options)
    write_found(store, found)
    return found


def try_layers(store: Store, run_id: str, say: Say) -> Sensitivity:
    """Puts each binary layer of a run's best network back to floats, and keeps what that changed with the run.

    Raises:
        BnnDesignerError: as :func:`look`.
    """
    given = _given(store, run_id, say)
    from bnn_designer.inspection.sensitivity import sensitivity

    found = sensitivity(given.trained, given.data, say, **given.options)
    write_sensitivity(store, found)
    return found


class _Given(NamedTuple):
    """What every look begins with: the network, the images, and what the report says of both."""

    trained: TrainedModel
    data: Images
    options: dict[str, Any]


def _given(store: Store, run_id: str, say: Say) -> _Given:
    say("Reading the trained network", 0.01)
    run = store.run(run_id)
    name, path = looked_at(store, run_id)
    mark = weights_mark(path)
    import_tensorflow_quietly()
    from bnn_designer.training.latent import has_latent_weights

    trained = of_run(store, run_id, path)
    has_latent = has_latent_weights(trained.model, run.recipe)
    options = {"run_id": run_id, "epoch_file": name, "mark": mark, "has_latent": has_latent}
    return _Given(trained, load(run.recipe.data), options)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
