"""Layers that no design has: why, and what to do, kind by kind, for those that people ask for."""

from __future__ import annotations

from bnn_designer.nn.errors import LayerError

_SERIES = (
    "a design's images have two axes, and this layer works along one",
    "Make the series an image of height 1 (Reshape to (1, steps, channels)) and use {two_axes} with a kernel of (1, k)",
)
_SERIES_POOL = (_SERIES[0], "Make the series an image of height 1 and use {two_axes} with a window of (1, k)")
_VOLUME = ("a design's images have two axes, and this layer works along three", "Put one axis into the channels")
_LARGER = (
    "a design has no transposed convolution: its layers keep an image's size or make it smaller, up to class scores",
    "Open the layers before it as a design, and keep this one in code",
)
_TWO_IN_ONE = (
    "a design has no separable convolution, which is two products in one layer",
    "Write it as {depthwise}, without a bias, and {pointwise} of 1x1, without an input_quantizer",
)
_OWN_PLACES = ("Keras 3 has no locally connected layers, and neither has a design", "Use {two_axes}")

#: By the name of the class without "Quant": the rule and how to mend it, with names of layers to fill in.
_WHY: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("Conv1D", "DepthwiseConv1D"), _SERIES),
    **dict.fromkeys(("MaxPooling1D", "AveragePooling1D", "GlobalAveragePooling1D"), _SERIES_POOL),
    **dict.fromkeys(("Conv3D", "MaxPooling3D", "AveragePooling3D", "GlobalAveragePooling3D"), _VOLUME),
    **dict.fromkeys(("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), _LARGER),
    "SeparableConv1D": (f"{_TWO_IN_ONE[0]}, and its images have two axes", f"{_SERIES[1]}, then split it"),
    "SeparableConv2D": _TWO_IN_ONE,
    **dict.fromkeys(("LocallyConnected1D", "LocallyConnected2D"), _OWN_PLACES),
    "TFOpLambda": ("it is what Keras 2 makes of + and the like", "Use a layer such as keras.layers.Add, and save anew"),
    "Lambda": ("it is a function, whose working nobody can read", "Use layers in its place"),
}


def no_such_layer(kind: str, where: str, known: list[str]) -> LayerError:
    """The error of a layer whose class no design has.

    Args:
        kind: the name of its class.
        where: the layer, with its name.
        known: names of the classes that a design has.
    """
    plain = kind.removeprefix("Quant")
    if plain not in _WHY:
        return LayerError(where, "a design has no such layer", f"Use layers of these classes: {', '.join(known)}")
    rule, mend = _WHY[plain]
    quant = "Quant" if kind.startswith("Quant") else ""
    two_axes = quant + plain.replace("1D", "2D").replace("LocallyConnected", "Conv").replace("Separable", "Depthwise")
    return LayerError(
        where, rule, mend.format(two_axes=two_axes, depthwise=f"{quant}DepthwiseConv2D", pointwise=f"{quant}Conv2D")
    )
