"""From a network to a Keras model, and from a trained one to bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from bnn_designer.design import Design
from bnn_designer.graph import lower
from bnn_designer.quiet import import_tensorflow_quietly
from bnn_designer.training.memory import check_weights

if TYPE_CHECKING:
    from bnn_designer.packing import PackedNetwork


def build_model(
    network: Design,
    *,
    engine: Literal["auto", "xnor", "float"] = "auto",
    gradients: Literal["float", "int16", "int8"] = "float",
    seed: int | None = None,
) -> Any:
    """The network as a functional ``keras.Model``, untrained and not compiled.

    Its input is ``[N, height, width, channels]`` in float32, its output ``[N, classes]``: probabilities, where the
    network ends in a head. Every layer has the name of the block that it is from.

    Args:
        network: which one.
        engine: what multiplies signs: "xnor" the compiled op, on bits, "float" Keras' own products, "auto" the op where
            it is faster and can be had. Of signs both give the same numbers, to the bit.
        gradients: of the compiled op: exact, or rounded to 16 or 8 bits and looked up (docs/gradients.md).
        seed: makes the initial weights the same each time.

    Raises:
        DesignError: the network has no layers yet, or shapes that do not fit.
        OutOfMemory: this machine cannot hold its weights.
    """
    graph = lower(network)
    check_weights(network.name, graph)
    import_tensorflow_quietly()
    from bnn_designer.nn import build_model as build

    return build(graph, engine=engine, seed=seed, gradients=gradients)


def pack(network: Design, model: Any) -> PackedNetwork:
    """The trained network in bits and thresholds, for this project's engine, which runs without TensorFlow.

    ``bnn_designer.packing.save`` and ``load`` keep it in a file, ``bnn_designer.inference.Engine`` runs it.

    Args:
        network: which one; kept with the bits.
        model: what :func:`build_model` made of it, trained or not.

    Raises:
        DesignError: as :func:`build_model`.
        PackError: the engine cannot run a layer, the model is of another network, or its weights are not finite.
    """
    import_tensorflow_quietly()
    from bnn_designer.packing import pack as pack_graph

    return pack_graph(lower(network), model, network)
