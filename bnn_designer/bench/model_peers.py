"""Who takes turns with the engine at a whole network: Larq Compute Engine and OpenVINO, each with our weights.

What they predict is compared before anything is timed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from bnn_designer.bench import peer_lce, peer_openvino
from bnn_designer.bench.cases.model import TARGETED
from bnn_designer.bench.lce_graph import graph_data
from bnn_designer.bench.openvino_int8 import describe_int8, expect_close, in_float
from bnn_designer.bench.openvino_network import Description, UnsupportedError
from bnn_designer.bench.request import BenchError
from bnn_designer.bench.rounds import Turn
from bnn_designer.bench.rows import Missing, Target
from bnn_designer.bench.targets import MODEL_LCE, openvino_target
from bnn_designer.export.nodes.of_groups import nodes_of
from bnn_designer.export.openvino.ir import IR
from bnn_designer.export.openvino.layers import ir_of
from bnn_designer.folders import cache_dir
from bnn_designer.graph import Graph
from bnn_designer.inference import Engine
from bnn_designer.nn import build_model
from bnn_designer.packing import pack

FloatArray = npt.NDArray[np.float32]

#: LCE's interpreter options, but for the threads. The first two are held to the target: its indirect kernel, alone and
#: with the float layers given to XNNPACK.
LCE_MODES: dict[str, dict[str, Any]] = {
    "indirect": {"use_indirect_bgemm": True},
    "indirect + xnnpack": {"use_indirect_bgemm": True, "use_xnnpack": True},
    "default": {},
}
FASTEST_MODES = ("indirect", "indirect + xnnpack")

OPENVINO_WAYS = ("binary", "int8")

# Two sums in another order may differ by a rounding, and a value next to a threshold then has the other sign; so a few
# images may differ in their probabilities, but a network that is another one differs in most classes.
LEAST_SAME_CLASS = 0.75


@dataclass(frozen=True)
class Case:
    """What all contenders run.

    Attributes:
        name: of the preset.
        graph, model: the network.
        images: float32 [n, height, width, channels]; the first is the one that is timed.
        engine: ours, which runs it.
    """

    name: str
    graph: Graph
    model: keras.Model
    images: FloatArray
    engine: Engine

    def same_class(self, peer: str, theirs: npt.NDArray[Any]) -> int:
        """In how many images the engine and a peer find the same class.

        Raises:
            BenchError: in so few that they do not compute the same network.
        """
        same = int((self.engine.run(self.images).argmax(-1) == theirs.argmax(-1)).sum())
        if same < LEAST_SAME_CLASS * len(self.images):
            raise BenchError(
                f"{self.name}: the engine and {peer} agree on {same} of {len(self.images)} images; one computes "
                "wrongly."
            )
        return same


@dataclass(frozen=True)
class Rival:
    """A peer in a row.

    Attributes:
        name: who, and how set up.
        turn: or why it has none.
        group: of its rows.
        target: or None.
        same: in how many images it finds the engine's class; None where it is another network.
        note: how it is set up, where its name does not say.
        slow: whether it is tens of times as slow and for information, and would take most of the rounds' time.
    """

    name: str
    turn: Turn | Missing
    group: str
    target: Target | None = None
    same: int | None = None
    note: str = ""
    slow: bool = False


def lce_rivals(case: Case, python: str | Missing, stack: contextlib.ExitStack) -> list[Rival]:
    """One for each of `LCE_MODES`; their process ends with the stack.

    Raises:
        BenchError: LCE cannot convert the network, or predicts something else.
    """
    threads = case.engine.threads
    turns: Mapping[str, Turn | Missing]
    same: dict[str, int] = {}
    if isinstance(python, Missing):
        turns = dict.fromkeys(LCE_MODES, python)
    else:
        modes = {mode: {**options, "num_threads": threads} for mode, options in LCE_MODES.items()}
        peer = peer_lce.LceProcess(python, converted(python, case.graph, case.model), case.images, modes)
        stack.callback(peer.close)
        turns = {mode: partial(peer.round_ms, mode) for mode in modes}
        same = {mode: case.same_class(mode, found) for mode, found in peer.outputs.items()}
    held = FASTEST_MODES if threads == 1 and case.name in TARGETED else ()
    return [
        Rival(
            f"{peer_lce.NAME} {mode}",
            turns[mode],
            f"model, against LCE {mode}",
            MODEL_LCE if mode in held else None,
            same.get(mode),
            slow=mode not in FASTEST_MODES,
        )
        for mode in LCE_MODES
    ]


def openvino_rivals(case: Case, python: str | Missing, stack: contextlib.ExitStack) -> list[Rival]:
    """The network in bits as it is exported, and its shapes in int8; their process ends with the stack.

    Raises:
        BenchError: OpenVINO predicts something else.
    """
    threads, isa = case.engine.threads, case.engine.isa
    turns: dict[str, Turn | Missing] = {}
    same: dict[str, int] = {}
    if isinstance(python, Missing):
        turns = dict.fromkeys(OPENVINO_WAYS, python)
    else:
        floats = in_float(case.graph)
        in_floats = random_model(floats)
        networks: dict[str, Description | IR] = {"binary": ir_of(nodes_of(pack(case.graph, case.model)))}
        try:
            networks["int8"] = describe_int8(floats, in_floats, case.images)
        except UnsupportedError as error:
            turns["int8"] = Missing(f"{peer_openvino.NAME} int8", f"{case.name}: {error}.")
        peer = peer_openvino.OpenVinoProcess(python, networks, case.images, threads, isa)
        stack.callback(peer.close)
        turns |= {way: partial(peer.round_ms, way) for way in networks}
        same["binary"] = case.same_class(peer_openvino.NAME, peer.outputs["binary"])
        if "int8" in networks:
            expect_close(case.name, "int8", np.asarray(in_floats(case.images)), peer.outputs["int8"])
    return [
        Rival(
            peer_openvino.name_of(way, isa),
            turns[way],
            f"model, against OpenVINO {way}",
            openvino_target(isa, way, threads) if case.name in TARGETED else None,
            same.get(way),
            peer_openvino.SETTINGS,
        )
        for way in OPENVINO_WAYS
    ]


def random_model(graph: Graph) -> keras.Model:
    """The graph's model with every weight drawn at random, as a trained network has them: none is 0, none 1."""
    model = build_model(graph, engine="float", seed=0)
    rng = np.random.default_rng(0)
    for variable in model.weights:
        if "kernel" not in variable.path:
            positive = "variance" in variable.path or "gamma" in variable.path
            variable.assign(rng.uniform(*((0.5, 1.5) if positive else (-0.9, 0.9)), variable.shape))
    return model


def converted(python: str, graph: Graph, model: keras.Model) -> Path:
    """LCE's file of the network, kept in the cache: a conversion takes half a minute.

    Raises:
        BenchError: LCE cannot convert it.
    """
    weights = {layer.name: layer.get_weights() for layer in model.layers if layer.weights}
    digest = hashlib.blake2b(json.dumps([peer_lce.VERSION, graph_data(graph)]).encode(), digest_size=8)
    for arrays in weights.values():
        for array in arrays:
            digest.update(array.tobytes())
    path = cache_dir() / f"lce-{graph.name}-{digest.hexdigest()}.tflite"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".partial")
        peer_lce.convert(python, graph, weights, unfinished)
        unfinished.replace(path)
    return path
