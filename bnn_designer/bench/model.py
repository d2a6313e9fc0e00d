"""A whole network, one image: our packed engine beside LCE 0.16 and OpenVINO, and our Keras model in float.

The network is our preset with random weights: the engine packs it, LCE gets the same graph and the same weights, built
with Larq and converted, binary dense layers as 1x1 convolutions, and OpenVINO gets them in its own operations; its int8
network has the same shapes and no signs. Before anything is timed, the predictions of all are compared.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial

import numpy as np
import tensorflow as tf

from bnn_designer.bench import peer_lce, peer_openvino
from bnn_designer.bench.cases.model import TARGETED, planned
from bnn_designer.bench.cases.planned import wanted
from bnn_designer.bench.conv import set_threads
from bnn_designer.bench.model_peers import Case, lce_rivals, openvino_rivals, random_model
from bnn_designer.bench.request import Request
from bnn_designer.bench.rounds import Turn, take_turns, timed
from bnn_designer.bench.rows import Missing, Row, Sample
from bnn_designer.bench.targets import MODEL_TWO_THREADS
from bnn_designer.design.presets import preset
from bnn_designer.graph import lower
from bnn_designer.inference import Engine
from bnn_designer.measuring.timing import float_library
from bnn_designer.nn import build_model
from bnn_designer.packing import pack

IMAGES = 4


def measure(request: Request) -> Iterator[Row]:
    """For each network a row for each rival, for our own single thread if there are more, and for Keras.

    Raises:
        BenchError: the kernels cannot be had, or the contenders do not predict the same.
    """
    set_threads(request.threads)
    lce, openvino = peer_lce.PACKAGE.python_or_missing(), peer_openvino.PACKAGE.python_or_missing()
    for name, texts in wanted(request, planned(request)).items():
        yield from rows_of(name, texts[""], request, lce, openvino)


def rows_of(name: str, text: str, request: Request, lce: str | Missing, openvino: str | Missing) -> Iterator[Row]:
    graph = lower(preset(name))
    model = random_model(graph)
    images = np.random.default_rng(0).normal(size=(IMAGES, *graph.input.shape)).astype(np.float32)
    image = images[:1].copy()
    with contextlib.ExitStack() as stack:
        engines = {
            threads: stack.enter_context(Engine(pack(graph, model), threads=threads))
            for threads in dict.fromkeys((request.threads, 1))
        }
        ours = engines[request.threads]
        case = Case(name, graph, model, images, ours)
        in_float = build_model(graph, engine="float")
        in_float.set_weights(model.get_weights())
        predict = tf.function(in_float, jit_compile=False)
        same = [case.same_class("the Keras model", predict(tf.constant(images)).numpy())]
        own: dict[int, Turn] = {threads: timed(partial(engine.run, image)) for threads, engine in engines.items()}
        # Threads of ours against one of ours, before any peer is there: pools of others stay awake for a while after
        # their turn, and would take the second processor away.
        pace = request.pace(seconds=2.0, least=15, most=400, lead_in=1)
        alone = take_turns({str(threads): turn for threads, turn in own.items()}, pace) if len(own) > 1 else {}
        rivals = [*lce_rivals(case, lce, stack), *openvino_rivals(case, openvino, stack)]
        same += [rival.same for rival in rivals if rival.same is not None]
        turns: dict[str, Turn] = {"ours": own[request.threads]}
        tensor = tf.constant(image)
        slow: dict[str, Turn] = {"keras": timed(lambda: predict(tensor).numpy())}
        for rival in rivals:
            if not isinstance(rival.turn, Missing):
                (slow if rival.slow else turns)[rival.name] = rival.turn
        times = take_turns(turns, request.pace(seconds=4.0, least=15, most=300, lead_in=1))
        # What is tens of times as slow is for information, and would take most of the rounds' time.
        times |= take_turns(slow, request.pace(seconds=1.0, least=5, most=100, lead_in=1))

    mine = Sample.of(f"engine {ours.isa}", times["ours"])
    note = f"same class in {min(same)} of {IMAGES} images; float convolutions by {float_library(ours)}"
    for rival in rivals:
        peer = rival.turn if isinstance(rival.turn, Missing) else Sample.of(rival.name, times[rival.name])
        notes = f"{note}; {rival.note}" if rival.note else note
        yield Row(text, request.threads, mine, peer, rival.target, rival.group, notes)
    if alone:
        several = Sample.of(f"engine {ours.isa}", alone[str(request.threads)])
        single = Sample.of(f"engine {ours.isa}, 1 thread", alone["1"])
        held_to = MODEL_TWO_THREADS if request.threads == 2 and name in TARGETED else None
        yield Row(text, request.threads, several, single, held_to, "model, against one thread")
    yield Row(text, request.threads, mine, Sample.of("Keras, engine float", times["keras"]))
