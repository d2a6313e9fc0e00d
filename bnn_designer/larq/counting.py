"""What one Keras layer stores and multiplies: as Larq 0.14 counts it, and as it runs.

Larq's way is that of :mod:`bnn_designer.cost.larq`, read from the layer's own weights; what it leaves out or gets wrong
for layers that no design has is said in :mod:`bnn_designer.larq.remarks`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from bnn_designer.cost.larq import Count, total
from bnn_designer.design.vocabulary import FLOAT_BITS
from bnn_designer.larq.calls import Call, Shape, layers_within

_layers = keras.layers

#: Attributes of layers that hold a kernel, each with the attributes that may hold its quantizer.
_KERNELS = (
    ("kernel", ("kernel_quantizer", "depthwise_quantizer")),
    ("depthwise_kernel", ("depthwise_quantizer",)),
    ("pointwise_kernel", ("pointwise_quantizer",)),
)

#: Layers whose multiply-accumulates Larq counts. In Keras 2 a transposed convolution is a kind of convolution.
LARQ_COUNTS_MACS = (
    *(_layers.Conv1D, _layers.Conv2D, _layers.Conv1DTranspose, _layers.Conv2DTranspose),
    *(_layers.SeparableConv1D, _layers.SeparableConv2D, _layers.DepthwiseConv2D, _layers.Dense),
)
#: Layers of which Larq says that they have none, where it has a "?" for all others.
LARQ_COUNTS_NONE = (
    *(_layers.Flatten, _layers.BatchNormalization, _layers.MaxPooling1D, _layers.MaxPooling2D),
    *(_layers.AveragePooling1D, _layers.AveragePooling2D),
)

#: Layers with weights that multiply nothing with a matrix: element by element, or looked up.
_NO_PRODUCT = (
    *(_layers.BatchNormalization, _layers.LayerNormalization, _layers.GroupNormalization, _layers.Normalization),
    *(_layers.PReLU, _layers.Embedding),
)
#: Layers that run what is inside them in a loop, which is recorded once however often it runs.
_LOOPS = (_layers.RNN, _layers.TimeDistributed, _layers.Bidirectional)


@dataclass(frozen=True)
class Weight:
    """One array of numbers of a layer.

    Attributes:
        variable: Keras' own.
        bits: that one number takes where it is stored.
        trainable: whether training changes it.
        is_bias: whether it is added instead of multiplied, by the way that Larq tells: its name or its layer's.
    """

    variable: Any
    bits: int
    trainable: bool
    is_bias: bool

    @property
    def count(self) -> int:
        return math.prod(self.variable.shape)


def weights_of(layer: keras.layers.Layer) -> list[Weight]:
    """What a layer stores for inference: all its weights, but two of a batch norm's that merge with two others.

    Beta merges with the moving mean and gamma with the moving variance, as Larq has it.
    """
    # With those of layers inside: a block that somebody wrote, and a wrapper, is one row.
    bits = {id(variable): width for one in (layer, *layers_within(layer)) for variable, width in _kernel_bits(one)}
    trainable = {id(variable) for variable in layer.trainable_weights}
    variables = list(layer.weights)
    if isinstance(layer, _layers.BatchNormalization):
        names = {variable.name for variable in variables}
        merged = {name for name, other in (("beta", "moving_mean"), ("gamma", "moving_variance")) if other in names}
        variables = [variable for variable in variables if variable.name not in merged]
    return [
        Weight(
            variable,
            bits.get(id(variable), _precision(variable) or FLOAT_BITS),
            id(variable) in trainable,
            "bias" in variable.name or "bias" in layer.name,
        )
        for variable in variables
    ]


def input_bits(layer: keras.layers.Layer) -> int | None:
    """What the layer's input quantizer leaves of an element; None where it has none, or none that says."""
    return _precision(getattr(layer, "input_quantizer", None))


def pixels(shape: Shape, channels_last: bool = True) -> int | None:
    """Places of one feature map, 1 for a vector; None where the shape leaves one open."""
    sizes = shape[1:-1] if channels_last else shape[2:]
    return None if None in sizes else math.prod(size for size in sizes if size is not None)


def macs_run(layer: keras.layers.Layer, calls: Callable[[Any], Sequence[Call]]) -> Count | str:
    """The multiply-accumulates of a layer with all that is inside it, each time that it runs; or why they are unknown.

    Args:
        layer: of any kind; a model is one as well.
        calls: what is known of the calls of a layer.
    """
    counts = []
    for part in [layer, *layers_within(layer)]:
        if isinstance(part, _LOOPS):
            return f"{type(part).__name__} runs what is inside it in a loop, which is not counted"
        products = _products(part)
        if products is None:
            return f"what {type(part).__name__} multiplies is not known"
        for call in calls(part) if products else ():
            count = _macs_of_call(part, products, call)
            if count is None:
                return f"its input of {_shape_text(call.source)} leaves a size open"
            counts.append(count)
    return total(counts)


@dataclass(frozen=True)
class _Product:
    """A kernel that is laid over an image once for each of its places.

    Attributes:
        elements, bits: how many numbers it has, and what one of them takes.
        reads_input: whether it reads the layer's input, else what another kernel of the layer made.
    """

    elements: int
    bits: int
    reads_input: bool = True


def _products(layer: keras.layers.Layer) -> list[_Product] | None:
    """The kernels of a layer's own that are multiplied; None where that is not known."""
    if isinstance(layer, _MULTIPLIES):
        kernels = _kernel_bits(layer)
        return [
            _Product(math.prod(variable.shape), bits, reads_input=not number)
            for number, (variable, bits) in enumerate(kernels)
        ]
    own = [variable for variable in layer._trainable_variables if len(variable.shape) > 1]
    return None if own and not isinstance(layer, _NO_PRODUCT) else []


#: Layers whose kernels are used once for each place of the output, or of the input where they are transposed.
_TRANSPOSED = (_layers.Conv1DTranspose, _layers.Conv2DTranspose, _layers.Conv3DTranspose)
_MULTIPLIES = (*LARQ_COUNTS_MACS, *_TRANSPOSED, _layers.Conv3D, _layers.DepthwiseConv1D)


def _macs_of_call(layer: keras.layers.Layer, products: list[_Product], call: Call) -> Count | None:
    places = pixels(
        call.source if isinstance(layer, _TRANSPOSED) else call.output,
        getattr(layer, "data_format", "channels_last") == "channels_last",
    )
    if places is None:
        return None
    quantized = input_bits(layer)
    read = call.source_bits if quantized is None else quantized
    return total(
        [
            # The sums of a first kernel, which the second one reads, are as wide as floats.
            Count({}, {max(read if product.reads_input else FLOAT_BITS, product.bits): product.elements * places})
            for product in products
        ]
    )


def _kernel_bits(layer: keras.layers.Layer) -> list[tuple[Any, int]]:
    """The kernels that a layer has, in the order in which they are used, each with the bits of its quantizer."""
    found = []
    for attribute, quantizers in _KERNELS:
        variable = getattr(layer, attribute, None)
        if variable is None or not hasattr(variable, "shape"):
            continue
        precisions = [_precision(getattr(layer, name, None)) for name in quantizers]
        precisions.append(_precision(variable))  # of a layer that says by `_get_quantizer` what quantizes it
        found.append((variable, next((bits for bits in precisions if bits is not None), FLOAT_BITS)))
    return found


def _precision(quantizer: Any) -> int | None:
    precision = getattr(quantizer, "precision", None)
    return precision if isinstance(precision, int) else None


def _shape_text(shape: Shape) -> str:
    return " x ".join("?" if size is None else str(size) for size in shape[1:])
