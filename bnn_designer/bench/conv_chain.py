"""Six 3x3 "same" convolutions in a row, one image: our engine beside OpenVINO in bits, in int8 and in float.

Floats in, floats out: a float image is brought to signs, each convolution but the last ends in a threshold for each
filter and signs, the last in sums. In bits that is the same work and the same result for both. Zeros outside the image,
as nets are trained by default, and by which OpenVINO is faster than with ones (it leaves the borders out, which GMAC/s
do not). OpenVINO runs what is exported for it.

In int8 and in float it is another network, of the same shapes and with nothing between the convolutions; its result is
compared with that of TensorFlow's float convolutions.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import keras
import numpy as np
import numpy.typing as npt

from bnn_designer.bench.cases.conv import CHAIN_LENGTH, Shape, planned_chain
from bnn_designer.bench.cases.planned import wanted
from bnn_designer.bench.conv import set_threads
from bnn_designer.bench.openvino_int8 import describe_int8, expect_close, in_float
from bnn_designer.bench.openvino_network import Description, describe
from bnn_designer.bench.peer_openvino import NAME, PACKAGE, SETTINGS, OpenVinoProcess, name_of
from bnn_designer.bench.request import BenchError, Request
from bnn_designer.bench.rounds import Turn, take_turns, timed
from bnn_designer.bench.rows import Missing, Row, Sample
from bnn_designer.bench.targets import openvino_target
from bnn_designer.design.quantization import Quantizer
from bnn_designer.export.nodes.of_groups import nodes_of
from bnn_designer.export.openvino.ir import IR
from bnn_designer.export.openvino.layers import ir_of
from bnn_designer.graph import Graph, Layer, Tensor, ops
from bnn_designer.inference import Engine
from bnn_designer.nn import build_model
from bnn_designer.packing import pack

WAYS = ("binary", "int8", "float")


def measure(request: Request) -> Iterator[Row]:
    """Three rows a shape.

    Raises:
        BenchError: the kernels cannot be had, or OpenVINO computes something else.
    """
    set_threads(request.threads)
    python = PACKAGE.python_or_missing()
    for shape, texts in wanted(request, planned_chain(request)).items():
        yield from rows_of(shape, texts[""], request, python)


def rows_of(shape: Shape, text: str, request: Request, python: str | Missing) -> Iterator[Row]:
    graph = chain(shape)
    model = with_odd_thresholds(graph)
    image = np.random.default_rng(0).normal(size=(1, *graph.input.shape)).astype(np.float32)
    with contextlib.ExitStack() as stack:
        packed = pack(graph, model)
        engine = stack.enter_context(Engine(packed, threads=request.threads))
        turns: dict[str, Turn] = {"ours": timed(partial(engine.run, image))}
        if not isinstance(python, Missing):
            floats = without_norms(in_float(graph))
            in_floats = build_model(floats, engine="float", seed=0)
            networks: dict[str, Description | IR] = {
                "binary": ir_of(nodes_of(packed)),
                "int8": describe_int8(floats, in_floats, image),
                "float": describe(floats, in_floats),
            }
            peer = OpenVinoProcess(python, networks, image, request.threads, engine.isa)
            stack.callback(peer.close)
            expect_equal(text, engine.run(image), peer.outputs["binary"])
            for way in ("int8", "float"):
                expect_close(text, way, np.asarray(in_floats(image)), peer.outputs[way])
            turns |= {way: partial(peer.round_ms, way) for way in WAYS}
        times = take_turns(turns, request.pace(seconds=3.0, least=20, most=1000, lead_in=1))

    ours = Sample.of(f"engine {engine.isa}", times["ours"])
    for way in WAYS:
        target = openvino_target(engine.isa, way, request.threads)
        group, note = f"chain of six, against OpenVINO {way}", ours.speed_text(CHAIN_LENGTH * shape.macs)
        if isinstance(python, Missing):
            yield Row(text, request.threads, ours, python, target, group, note)
            continue
        rival = Sample.of(name_of(way, engine.isa), times[way])
        note += f", OpenVINO's {rival.speed_text(CHAIN_LENGTH * shape.macs)}; {SETTINGS}"
        yield Row(text, request.threads, ours, rival, target, group, note)


def chain(shape: Shape) -> Graph:
    """Binary convolutions with a batch norm between each two."""
    image = Tensor("input", (shape.size, shape.size, shape.channels))
    sign = Quantizer(name="ste_sign")
    conv = ops.Conv2D(filters=shape.channels, kernel_size=(3, 3), input_quantizer=sign, kernel_quantizer=sign)
    norm = ops.BatchNorm(center=False, scale=False, momentum=0.9, epsilon=1e-3)
    kinds: list[tuple[str, ops.Op]] = []
    for number in range(CHAIN_LENGTH):
        kinds += [(f"batch_norm_{number}", norm)] * (number > 0) + [(f"conv_{number}", conv)]
    layers: list[Layer] = []
    for name, op in kinds:
        source = layers[-1].output if layers else image
        layers.append(Layer(name, op, (source.name,), Tensor(name, image.shape), path=name, block_id=name))
    return Graph(f"chain of {shape}", image, tuple(layers), classes=1)


def without_norms(graph: Graph) -> Graph:
    """The convolutions of a chain alone."""
    convs = [layer for layer in graph.layers if isinstance(layer.op, ops.Conv2D)]
    sources = [graph.input, *(layer.output for layer in convs)]
    layers = tuple(replace(layer, inputs=(source.name,)) for layer, source in zip(convs, sources, strict=False))
    return replace(graph, layers=layers)


def with_odd_thresholds(graph: Graph) -> keras.Model:
    """The chain's model: random weights, and as threshold an odd number for each filter, from -9 to 9."""
    model = build_model(graph, engine="float", seed=0)
    rng = np.random.default_rng(1)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_mean.assign(2.0 * rng.integers(-5, 5, layer.moving_mean.shape) + 1)
    return model


def expect_equal(text: str, ours: npt.NDArray[np.float32], theirs: npt.NDArray[np.float32]) -> None:
    """Both sums are the same: they are whole numbers, small enough to be exact.

    Raises:
        BenchError: they differ.
    """
    if not np.array_equal(ours, theirs):
        raise BenchError(f"{text}: {NAME} and the engine give different sums; one of them is wrong.")
