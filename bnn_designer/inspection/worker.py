"""The worker process of a job that looks inside a run; the process that starts it has taken the machine for it.

python -m bnn_designer.inspection.worker look|sensitivity|try RUN_ID
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from bnn_designer.errors import BnnDesignerError
from bnn_designer.inference import Engine, EngineError
from bnn_designer.inspection.between import Left, left_between
from bnn_designer.inspection.job import look_job, sensitivity_job, try_job
from bnn_designer.inspection.left_looks import left_arrays, left_looks, score_looks
from bnn_designer.inspection.origin import Origin, looked_at, weights_mark
from bnn_designer.inspection.report import Found
from bnn_designer.inspection.report_file import write_found
from bnn_designer.inspection.scores import class_scores
from bnn_designer.inspection.sensitivity_report import Sensitivity, write_sensitivity
from bnn_designer.inspection.trying import (
    GroupMs,
    Tried,
    TriedImage,
    check_packed,
    packed_path,
    read_ask,
    write_tried,
)
from bnn_designer.kernels.builder import build_kernels
from bnn_designer.measuring.carrying_out import Say, carry_out
from bnn_designer.measuring.checkpoint import TrainedModel, of_run
from bnn_designer.measuring.images import scaled
from bnn_designer.measuring.job import Job
from bnn_designer.measuring.timing import time_groups, time_network
from bnn_designer.packing import PackError, pack, save
from bnn_designer.packing import load as load_packed
from bnn_designer.quiet import import_tensorflow_quietly
from bnn_designer.runs.store import Store
from bnn_designer.training.data import load
from bnn_designer.training.data.images import Images

_TIMED_S = 0.3

#: What a worker does by its first argument: its job, and the work, which is told the store, the run and whom to tell.
_WORK: dict[str, tuple[Callable[[Store, str], Job], Callable[[Store, str, Say], object]]] = {
    "look": (look_job, lambda *given: look(*given)),
    "sensitivity": (sensitivity_job, lambda *given: try_layers(*given)),
    "try": (try_job, lambda *given: try_image(*given)),
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
    from bnn_designer.inspection.flipping import recorded_flips
    from bnn_designer.inspection.looking import look_inside

    # before the look, which leaves the model's layers in float
    packed = packed_path(store, run_id)
    packed.unlink(missing_ok=True)
    with contextlib.suppress(PackError):  # the report says why
        images = given.trained.packing_images()
        save(pack(given.trained.graph, given.trained.model, images=images), packed, overwrite=True)
    found = look_inside(given.trained, given.data, say, given.origin, flips=recorded_flips(store, run_id))
    write_found(store, found)
    return found


def try_layers(store: Store, run_id: str, say: Say) -> Sensitivity:
    """Puts each binary layer of a run's best network back to floats, and keeps what that changed with the run.

    Raises:
        BnnDesignerError: as :func:`look`.
    """
    given = _given(store, run_id, say)
    from bnn_designer.inspection.sensitivity import sensitivity

    found = sensitivity(given.trained, given.data, say, given.origin)
    write_sensitivity(store, found)
    return found


def try_image(store: Store, run_id: str, say: Say) -> TriedImage:
    """Runs the image that was asked for through the packed network, without TensorFlow, and keeps what came out.

    Raises:
        BnnDesignerError: the network is not packed, there is no such test image, or the image cannot be read.
    """
    say("Reading the packed network", 0.1)
    network = load_packed(check_packed(store, run_id))
    height, width, channels = network.header.input_shape
    ask, image = read_ask(store, run_id, (height, width, channels))
    label: int | None = None
    if ask.index is not None:
        say("Reading the test images", 0.2)
        data = load(store.run(run_id).recipe.data)
        if ask.index >= len(data.test_images):
            raise BnnDesignerError(
                f"Test image {ask.index:,}: the set has {len(data.test_images):,}, from 0. Choose one of those."
            )
        image, label = data.test_images[ask.index], int(data.test_labels[ask.index])
    assert image is not None
    say("Building the kernels, once", 0.4)
    build_kernels(print)
    say("Running it", 0.6)
    with Engine(network) as engine:
        probabilities = engine.run(scaled(image))
    why_no_left = ""
    left: tuple[Left, ...] = ()
    try:
        left = left_between(network, scaled(image))
    except EngineError as error:  # all tensors beside each other need more memory than the network does
        why_no_left = str(error)
    scores = class_scores(network, left)
    looks, arrays = left_looks(left)
    timing = time_network(network, seconds=_TIMED_S)
    say("Timing its layers", 0.8)
    groups = time_groups(network, seconds=_TIMED_S)
    tried = Tried(
        ask=ask,
        tried_at=time.time(),
        label=label,
        probabilities=tuple(probabilities.tolist()),
        engine_ms=timing.median_ms,
        groups=tuple(GroupMs(layers=", ".join(group.layers) or group.name, ms=group.ms) for group in groups),
        isa=timing.isa,
        left=looks,
        why_no_left=why_no_left,
        scores=score_looks(scores),
        products=scores.inputs if scores else 0,
    )
    found = TriedImage(tried, image, left_arrays(looks, arrays))
    write_tried(store, run_id, found)
    return found


class _Given(NamedTuple):
    """What every look begins with: the network, the images, and what the report says of both."""

    trained: TrainedModel
    data: Images
    origin: Origin


def _given(store: Store, run_id: str, say: Say) -> _Given:
    say("Reading the trained network", 0.01)
    run = store.run(run_id)
    name, path = looked_at(store, run_id)
    mark = weights_mark(path)
    import_tensorflow_quietly()
    from bnn_designer.training.latent import has_latent_weights

    trained = of_run(store, run_id, path)
    has_latent = has_latent_weights(trained.model, run.recipe)
    return _Given(trained, load(run.recipe.data), Origin(run_id, name, mark, has_latent))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
