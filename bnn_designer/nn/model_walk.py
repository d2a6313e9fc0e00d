"""A functional model made anew of other layers, with the weights of the old ones; and the first part of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from bnn_designer.nn.errors import LayerError


def converted(
    model: keras.Model,
    made: Callable[[keras.layers.Layer, Any], keras.layers.Layer],
    quantizer_in: Callable[[keras.layers.Layer, keras.layers.Layer], Any] = lambda layer, new: None,
    takes_quantizer: Callable[[keras.layers.Layer], bool] = lambda layer: False,
    before: Callable[[keras.layers.Layer], keras.layers.Layer | None] = lambda layer: None,
) -> keras.Model:
    """The model of the new layers, under its name; models within it are made anew too.

    Args:
        model: functional or sequential, and built.
        made: the new layer of an old one, and of the input quantizer that it is to have, or None.
        quantizer_in: of an old layer and its new one, the quantizer that it is; None for all others. A layer that
            takes quantizers reads its input without it then, and has it itself.
        takes_quantizer: whether a layer takes an input quantizer.
        before: a layer that is to stand before the new one, or None.

    Raises:
        LayerError: the model is of another kind, or a layer runs behind two quantizers.
    """
    if not getattr(model, "inputs", None):  # none of its own code, and a sequential model has them once it is built
        raise LayerError(
            f"{type(model).__name__} '{model.name}'",
            "what its own code does is not seen from outside",
            "Make a functional or sequential model of its layers, and build it",
        )
    new_layers: dict[str, tuple[keras.layers.Layer, Any, keras.layers.Layer | None]] = {}
    # By id of its tensor, which is kept here so that no other gets the id: what was quantized, and by what.
    quantized: dict[int, tuple[Any, Any, Any]] = {}

    def call(layer: keras.layers.Layer, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        _, source, quantizer = quantized.get(id(inputs), (None, inputs, None))
        if not takes_quantizer(layer):
            source, quantizer = inputs, None
        if layer.name not in new_layers:
            if isinstance(layer, keras.Model):
                new_layers[layer.name] = converted(layer, made, quantizer_in, takes_quantizer, before), None, None
            else:
                new_layers[layer.name] = made(layer, quantizer), quantizer, before(layer)
        new, its_quantizer, first = new_layers[layer.name]
        if its_quantizer is not quantizer:
            raise LayerError(
                f"{type(layer).__name__} '{layer.name}'",
                "it runs behind two quantizers",
                "Use two layers, or one quantizer",
            )
        outputs = new(source if first is None else first(source), *args, **kwargs)
        own = quantizer_in(layer, new)
        if own is not None:
            quantized[id(outputs)] = outputs, inputs, own
        return outputs

    ends = (tensors if len(tensors) > 1 else tensors[0] for tensors in (model.inputs, model.outputs))
    view = keras.Model(*ends, name=model.name)
    copy = keras.models.clone_model(view, clone_function=lambda layer: layer, call_function=call)
    for name, (new, _, _) in new_layers.items():
        if not isinstance(new, keras.Model):
            new.set_weights(model.get_layer(name).get_weights())
    return copy


def up_to(model: keras.Model, name: str) -> keras.Model:
    """The part of a functional model from its image to the output of the layer of that name; weights are shared."""
    return keras.Model(model.inputs, model.get_layer(name).output)
