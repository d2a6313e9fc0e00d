"""The graph of layers that a file's operators become while it is read, and what is held to of its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.design.fields import BatchNormOptions
from bnn_designer.errors import BnnDesignerError, BrokenRule
from bnn_designer.graph import Graph, Layer, Tensor, ops
from bnn_designer.graph.lifting import lift
from bnn_designer.graph.shapes import output_shape
from bnn_designer.larq.opened import OpenedDesign
from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.reading import leading_to_the_end, misplaced_softmaxes

Array = npt.NDArray[np.float32]
#: Gives a layer's weights, as Keras' layer has them; kernels are unpacked when they are asked for.
Weights = Callable[[], list[Array]]

NORM = ops.BatchNorm(**BatchNormOptions().model_dump())
_NAMES: dict[type[ops.Op], str] = {
    ops.Activation: "activation",
    ops.Add: "add",
    ops.BatchNorm: "batch_norm",
    ops.ChannelShift: "channel_shift",
    ops.Concatenate: "concatenate",
    ops.Conv2D: "conv",
    ops.Dense: "dense",
    ops.DepthwiseConv2D: "depthwise_conv",
    ops.Flatten: "flatten",
    ops.GlobalAveragePool: "global_pool",
    ops.PadChannels: "pad_channels",
    ops.Pool2D: "pool",
    ops.ScaleChannels: "scale_channels",
    ops.Softmax: "softmax",
}


def no_weights() -> list[Array]:
    return []


@dataclass(frozen=True)
class Step:
    """A layer: its operation, and its weights."""

    op: ops.Op
    weights: Weights = no_weights


@dataclass(frozen=True)
class ReadFile:
    """A file as a graph.

    Attributes:
        graph: its layers, numbered by kind.
        weights: of each layer that has some, by its name.
        opened: the design that has the graph's layers.
    """

    graph: Graph
    weights: dict[str, Weights]
    opened: OpenedDesign


class Built:
    """Layers while they are made.

    Attributes:
        weights: of each layer, by its name.
        notes: what the design says otherwise than the file.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.layers: list[Layer] = []
        self._counts: Counter[str] = Counter()
        self.notes: list[str] = []
        self.weights: dict[str, Weights] = {}

    def add(self, step: Step, inputs: tuple[Tensor, ...], where: str) -> Tensor:
        """A layer; what it makes.

        Raises:
            BrokenRule: it does not take these inputs.
        """
        kind = _NAMES[type(step.op)]
        if isinstance(step.op, ops.QuantizedOp) and step.op.is_binary:
            kind = f"binary_{kind}"
        self._counts[kind] += 1
        name = f"{kind}_{self._counts[kind]}"
        tensor = Tensor(name, output_shape(step.op, tuple(one.shape for one in inputs), where))
        self.layers.append(Layer(name, step.op, tuple(one.name for one in inputs), tensor, where, name))
        self.weights[name] = step.weights
        return tensor

    def maker(self, tensor: Tensor) -> Layer | None:
        """The layer that makes a tensor; None: it is the image."""
        return next((layer for layer in reversed(self.layers) if layer.name == tensor.name), None)

    def end(self, scores: Tensor | None) -> list[BrokenRule]:
        """Ends it in a softmax over a vector, as a design does; what is wrong with that.

        Args:
            scores: what the file gives; None: no numbers.
        """
        where = f"model '{self._name}'"
        if scores is None or len(scores.shape) != 1 or not self.layers:
            rule = "its output is no vector of class scores"
            return [LayerError(where, rule, "End it in a dense layer or a global pool")]
        maker = self.maker(scores)
        if maker is None or not isinstance(maker.op, ops.Softmax):
            self.add(Step(ops.Softmax()), (scores,), where)
            self.notes.append(f"{self._name}: it ends in scores; the design adds the softmax that a head has")
        elif maker is not self.layers[-1]:
            self.layers = self.layers[: self.layers.index(maker) + 1]
        return [*misplaced_softmaxes(self.layers)]

    def graph(self, source: Tensor) -> Graph:
        """The layers that lead to the last one."""
        layers = leading_to_the_end(self.layers, self.notes)
        self.weights = {layer.name: self.weights[layer.name] for layer in layers if layer.name in self.weights}
        return Graph(self._name, source, layers, layers[-1].output.shape[-1])


def read_as(path: Path, graph: Graph, built: Built) -> ReadFile:
    """The design that has a graph's layers.

    Raises:
        BnnDesignerError: the graph's paths are nested too deeply.
        DesignError: no blocks have its connections.
    """
    try:
        design = lift(graph)
    except RecursionError:
        raise BnnDesignerError(f"{path}: its paths are nested too deeply. Take a network of fewer ones.") from None
    return ReadFile(graph, built.weights, OpenedDesign(design, tuple(built.notes)))


def norm(gamma: npt.NDArray[Any], beta: npt.NDArray[Any]) -> Step:
    """A batch norm that multiplies by gamma and adds beta: mean 0, and a variance that epsilon makes 1."""
    size = len(gamma)
    variance = np.full(size, 1 - NORM.epsilon, np.float32)
    found = [gamma.astype(np.float32), beta.astype(np.float32), np.zeros(size, np.float32), variance]
    return Step(NORM, lambda: found)
