"""A whole network, one image: our packed engine beside LCE 0.16, and for information our Keras model in float.

The network is our preset with random weights: the engine packs it, and LCE gets the same graph and the same weights,
built with Larq and converted, binary dense layers as 1x1 convolutions. Before anything is timed, the predictions of all
three are compared.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnn_designer.bench.cases.model import TARGETED, planned
from bnn_designer.bench.cases.planned import wanted
from bnn_designer.bench.conv import set_threads
from bnn_designer.bench.lce_graph import graph_data
from bnn_designer.bench.peer_lce import NAME as LCE
from bnn_designer.bench.peer_lce import PACKAGE, VERSION, LceProcess, convert
from bnn_designer.bench.request import BenchError, Request
from bnn_designer.bench.rounds import Turn, take_turns, timed
from bnn_designer.bench.rows import Contender, Missing, Row, Sample
from bnn_designer.bench.targets import MODEL_LCE, MODEL_TWO_THREADS
from bnn_designer.design.presets import preset
from bnn_designer.folders import cache_dir
from bnn_designer.graph import Graph, lower
from bnn_designer.inference import Engine
from bnn_designer.measuring.timing import float_library
from bnn_designer.nn import build_model
from bnn_designer.packing import pack

IMAGES = 4

#: LCE's interpreter options, but for the threads. The first two are held to the target: its indirect kernel, alone and
#: with the float layers given to XNNPACK.
LCE_MODES: dict[str, dict[str, Any]] = {
    "indirect": {"use_indirect_bgemm": True},
    "indirect + xnnpack": {"use_indirect_bgemm": True, "use_xnnpack": True},
    "default": {},
}
FASTEST_MODES = ("indirect", "indirect + xnnpack")

# Two sums in another order may differ by a rounding, and a value next to a threshold then has the other sign; so a few
# images may differ in their probabilities, but a network that is another one differs in most classes.
LEAST_SAME_CLASS = 0.75


def measure(request: Request) -> Iterator[Row]:
    """For each network a row for each of LCE's modes, for our own single thread if there are more, and for Keras.

    Raises:
        BenchError: the kernels cannot be had, or the contenders do not predict the same.
    """
    set_threads(request.threads)
    python = PACKAGE.python_or_missing()
    for name, texts in wanted(request, planned(request)).items():
        yield from rows_of(name, texts[""], request, python)


def rows_of(name: str, text: str, request: Request, python: str | Missing) -> Iterator[Row]:
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
        in_float = build_model(graph, engine="float")
        in_float.set_weights(model.get_weights())
        predict = tf.function(in_float, jit_compile=False)
        same = [agreement(name, "the Keras model", ours.run(images), predict(tf.constant(images)).numpy())]
        own: dict[int, Turn] = {threads: timed(partial(engine.run, image)) for threads, engine in engines.items()}
        # Threads of ours against one of ours, before any peer is there: pools of others stay awake for a while after
        # their turn, and would take the second processor away.
        pace = request.pace(seconds=2.0, least=15, most=400, lead_in=1)
        alone = take_turns({str(threads): turn for threads, turn in own.items()}, pace) if len(own) > 1 else {}
        turns: dict[str, Turn] = {"ours": own[request.threads]}
        tensor = tf.constant(image)
        slow: dict[str, Turn] = {"keras": timed(lambda: predict(tensor).numpy())}
        if not isinstance(python, Missing):
            modes = {mode: {**options, "num_threads": request.threads} for mode, options in LCE_MODES.items()}
            peer = LceProcess(python, converted(python, graph, model), images, modes)
            stack.callback(peer.close)
            same += [agreement(name, mode, ours.run(images), found) for mode, found in peer.outputs.items()]
            for mode in modes:
                (turns if mode in FASTEST_MODES else slow)[mode] = lambda mode=mode: peer.round_ms(mode)  # type: ignore[misc]
        times = take_turns(turns, request.pace(seconds=4.0, least=15, most=300, lead_in=1))
        # What is tens of times as slow is for information, and would take most of the rounds' time.
        times |= take_turns(slow, request.pace(seconds=1.0, least=5, most=100, lead_in=1))

    mine = Sample.of(f"engine {ours.isa}", times["ours"])
    note = f"same class in {min(same)} of {IMAGES} images; float convolutions by {float_library(ours)}"
    one_thread = request.threads == 1
    for mode in LCE_MODES:
        rival: Contender = python if isinstance(python, Missing) else Sample.of(f"{LCE} {mode}", times[mode])
        held = one_thread and name in TARGETED and mode in FASTEST_MODES
        yield Row(text, request.threads, mine, rival, MODEL_LCE if held else None, group_of(mode), note)
    if alone:
        several = Sample.of(f"engine {ours.isa}", alone[str(request.threads)])
        single = Sample.of(f"engine {ours.isa}, 1 thread", alone["1"])
        held_to = MODEL_TWO_THREADS if request.threads == 2 and name in TARGETED else None
        yield Row(text, request.threads, several, single, held_to, "model, against one thread")
    yield Row(text, request.threads, mine, Sample.of("Keras, engine float", times["keras"]))


def group_of(mode: str) -> str:
    return f"model, against LCE {mode}"


def random_model(graph: Graph) -> keras.Model:
    """The graph's model with every weight drawn at random, as a trained network has them: none is 0, none 1."""
    model = build_model(graph, engine="float", seed=0)
    rng = np.random.default_rng(0)
    for variable in model.weights:
        if "kernel" not in variable.path:
            positive = "variance" in variable.path or "gamma" in variable.path
            variable.assign(rng.uniform(*((0.5, 1.5) if positive else (-0.9, 0.9)), variable.shape))
    return model


def agreement(name: str, peer: str, ours: npt.NDArray[Any], theirs: npt.NDArray[Any]) -> int:
    """In how many images both find the same class.

    Raises:
        BenchError: in so few that they do not compute the same network.
    """
    same = int((ours.argmax(-1) == theirs.argmax(-1)).sum())
    if same < LEAST_SAME_CLASS * len(ours):
        raise BenchError(f"{name}: the engine and {peer} agree on {same} of {len(ours)} images; one computes wrongly.")
    return same


def converted(python: str, graph: Graph, model: keras.Model) -> Path:
    """LCE's file of the network, kept in the cache: a conversion takes half a minute.

    Raises:
        BenchError: LCE cannot convert it.
    """
    weights = {layer.name: layer.get_weights() for layer in model.layers if layer.weights}
    digest = hashlib.blake2b(json.dumps([VERSION, graph_data(graph)]).encode(), digest_size=8)
    for arrays in weights.values():
        for array in arrays:
            digest.update(array.tobytes())
    path = cache_dir() / f"lce-{graph.name}-{digest.hexdigest()}.tflite"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        convert(python, graph, weights, partial)
        partial.replace(path)
    return path
