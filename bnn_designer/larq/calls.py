"""What a model really runs: every call of every layer, with the shapes it had, whoever made the call.

A model's list of layers says neither how often a layer runs nor on which shapes where it stands in a class of its own.
So the model is recorded once by TensorFlow, without being computed, and every layer notes its calls meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from bnn_designer.design.vocabulary import FLOAT_BITS

#: With the batch axis; None is a size that the model leaves open.
Shape = tuple[int | None, ...]

#: Layers that hand on each element of their input as it is, or choose among them: what was of 1 bit stays so.
_HAND_ON = (
    *(keras.layers.Flatten, keras.layers.Reshape, keras.layers.Permute, keras.layers.RepeatVector),
    *(keras.layers.MaxPooling1D, keras.layers.MaxPooling2D, keras.layers.MaxPooling3D),
    *(keras.layers.Cropping1D, keras.layers.Cropping2D, keras.layers.Cropping3D),
    *(keras.layers.UpSampling1D, keras.layers.Dropout),
)


@dataclass(frozen=True)
class Call:
    """One time that a layer runs.

    Attributes:
        source: shape of its first input.
        output: shape of its first output.
        source_bits: what an element of the first input takes: 1 behind a layer that makes signs.
    """

    source: Shape
    output: Shape
    source_bits: int


@dataclass(frozen=True)
class Unrecorded:
    """Why the calls of a model are not known."""

    reason: str


class Calls:
    """The calls of one model's layers.

    Args:
        by_layer: by the layer's identity, in running order.
    """

    def __init__(self, by_layer: dict[int, list[Call]]) -> None:
        self._by_layer = by_layer

    def of(self, layer: keras.layers.Layer) -> tuple[Call, ...]:
        """The calls of a layer; none where it never ran."""
        return tuple(self._by_layer.get(id(layer), ()))


def record_calls(model: keras.Model) -> Calls | Unrecorded:
    """The calls of every layer in the model, nested ones included, for one run of the whole model.

    Nothing of the model changes.
    """
    signature = _signature(model)
    if signature is None:
        return Unrecorded("the shapes of the model's inputs are not known")
    recorder = _Recorder()
    graph = tf.function(lambda inputs: model(inputs, training=False), autograph=False)
    with recorder.listening(layers_within(model)):
        try:
            graph.get_concrete_function(signature)
        except Exception as error:  # the model's own code may raise anything
            first = str(error).strip().partition("\n")[0]
            return Unrecorded(f"it cannot be recorded: {type(error).__name__}: {first}")
    return Calls(recorder.by_layer)


def layers_within(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """Every layer inside this one, at any depth, once each."""
    found: dict[int, keras.layers.Layer] = {}
    waiting = [layer]
    while waiting:
        # What Keras tracks: also the layers in attributes of a layer that has no public list of them.
        for inner in waiting.pop()._layers:
            if id(inner) not in found:
                found[id(inner)] = inner
                waiting.append(inner)
    return list(found.values())


def _signature(model: keras.Model) -> Any:
    """The shapes and types of the model's inputs, in its own structure; None where they are not known."""
    try:
        return keras.tree.map_structure(_spec, model.input)
    except AttributeError:  # a Sequential that was never called on a tensor, or a model of a class of its own
        if inputs := getattr(model, "inputs", None):
            return _spec(inputs[0])
    config = model.get_build_config() or {}
    shape = config.get("input_shape")
    if not isinstance(shape, tuple | list) or not all(size is None or isinstance(size, int) for size in shape):
        return None
    return tf.TensorSpec([None, *shape[1:]], keras.config.floatx())


def _spec(tensor: Any) -> tf.TensorSpec:
    return tf.TensorSpec(tensor.shape, tensor.dtype)


class _Recorder:
    """Notes calls while a model is recorded."""

    def __init__(self) -> None:
        self.by_layer: dict[int, list[Call]] = {}
        self._bits: dict[int, int] = {}
        # A tensor that nobody holds could be gone, and another have its identity.
        self._kept: list[Any] = []

    @contextmanager
    def listening(self, layers: list[keras.layers.Layer]) -> Iterator[None]:
        """The layers note their calls within this."""
        for layer in layers:
            # Past Keras' own way of setting attributes, which would track the function and change the layer.
            layer.__dict__["call"] = self._noting(layer, layer.call)
        try:
            yield
        finally:
            for layer in layers:
                del layer.__dict__["call"]

    def _noting(self, layer: keras.layers.Layer, call: Callable[..., Any]) -> Callable[..., Any]:
        def noting(*args: Any, **kwargs: Any) -> Any:
            outputs = call(*args, **kwargs)
            sources = [tensor for tensor in keras.tree.flatten((args, kwargs)) if tf.is_tensor(tensor)]
            results = [tensor for tensor in keras.tree.flatten(outputs) if tf.is_tensor(tensor)]
            if sources and results:
                self._note(layer, sources[0], results)
            return outputs

        return noting

    def _note(self, layer: keras.layers.Layer, source: Any, results: list[Any]) -> None:
        bits = self._bits.get(id(source), FLOAT_BITS)
        shapes = [None if tensor.shape.rank is None else tuple(tensor.shape) for tensor in (source, results[0])]
        if shapes[0] is not None and shapes[1] is not None:
            self.by_layer.setdefault(id(layer), []).append(Call(shapes[0], shapes[1], bits))
        made = _output_bits(layer, bits)
        self._kept += results
        for result in results:
            self._bits[id(result)] = made


def _output_bits(layer: keras.layers.Layer, source_bits: int) -> int:
    """What an element of the layer's output takes."""
    if isinstance(layer, _HAND_ON):
        return source_bits
    precision = getattr(layer, "precision", None)  # quantizers as layers of their own
    return precision if isinstance(precision, int) else FLOAT_BITS
