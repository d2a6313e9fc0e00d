"""Times presets with the engine on this machine, so that designs have an estimate here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import bnn_designer
from bnn_designer.cost.latency.calibration import Calibration, store_calibration
from bnn_designer.cost.latency.model import Sample, work
from bnn_designer.design.presets import preset
from bnn_designer.graph import lower
from bnn_designer.graph.passes import deploy
from bnn_designer.measuring.times import Timing
from bnn_designer.measuring.timing import time_network
from bnn_designer.packing.pack import pack

#: Networks of every family that differ in what they do: small and large ones, with and without shortcuts, with many
#: float products and with few.
PRESETS = (
    "binarynet",
    "bi-real-cifar",
    "vgg-small-bnn",
    "quicknet-cifar",
    "reactnet-cifar",
    "binary-densenet-cifar",
    "binary-alexnet",
    "bi-real-net",
    "binary-densenet-28",
    "melius-net-22",
    "real-to-binary-net",
    "reactnet-a",
    "quicknet-small",
    "quicknet-large",
)


def calibrate(
    names: Sequence[str] = PRESETS,
    *,
    seconds: float = 1.5,
    say: Callable[[str, Timing], None] = lambda name, timing: None,
) -> Calibration:
    """Packs presets untrained, times each with one thread, and keeps the result for the latency model.

    A network's time is that of its fastest image: other work on the machine only ever adds to it.

    Args:
        names: at least two.
        seconds: for each network.
        say: called with each result.

    Raises:
        BnnDesignerError: there is no such preset, the engine cannot run it here, or the result cannot be stored.
        ValueError: fewer than two names.
    """
    from bnn_designer.nn import build_model

    samples = []
    isa = ""
    for name in dict.fromkeys(names):
        graph = lower(preset(name))
        timing = time_network(pack(graph, build_model(graph, engine="float", seed=0)), seconds=seconds)
        samples.append(Sample(name, work(deploy(graph)), timing.min_ms))
        isa = timing.isa
        say(name, timing)
    return store_calibration(f"BNN Designer {bnn_designer.__version__}, {isa}", tuple(samples))
