"""``larq.layers_base`` on Keras 3: what an own quantized layer is made of, mixed in before any layer of Keras.

``class MyConv(QuantizerBase, QuantizerBaseConv, keras.layers.Conv2D): pass`` takes ``input_quantizer``,
``kernel_quantizer`` and ``pad_values``. All is computed in float: what a layer computes cannot be seen from outside, so
the compiled op stays with `bnn_designer.larq.layers`.

Differences from Larq: the variable of a depthwise convolution is called ``kernel`` in Keras 3, and is found under that
name and Larq's; a class keeps the arguments of its Keras layer's ``call``, ``training`` and ``mask`` among them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from bnn_designer.nn import LayerError, quantizers
from bnn_designer.nn.context import quantized_scope
from bnn_designer.nn.kernel_variables import QuantizedVariable, tell
from bnn_designer.nn.padded import finite_number
from bnn_designer.nn.padding import pad_same
from bnn_designer.nn.quantized import argument_of, kernel_quantizer_of
from bnn_designer.nn.quantizer import WithQuantizers


class BaseLayer(WithQuantizers, keras.layers.Layer):  # type: ignore[misc]
    """A layer whose input is quantized, and whose variables may be.

    Override `_get_quantizer` to quantize variables: within ``call`` of the Keras layer they read as quantized, and
    what is trained stays in float.

    Args:
        *args: of the Keras layer.
        input_quantizer: None, a name such as ``"ste_sign"``, a quantizer or any function of a tensor.
        **kwargs: of the Keras layer.

    Raises:
        LayerError: there is no such quantizer.
    """

    def __init__(self, *args: Any, input_quantizer: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.input_quantizer = argument_of(self._label, "input_quantizer", quantizers.get, input_quantizer)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # Keras reads off the signature of a class's call whether it takes training and mask.
        if getattr(cls.call, "_of_base_layer", False):
            behind = cls.__mro__[cls.__mro__.index(BaseLayer) + 1 :]
            inner = next(vars(kind)["call"] for kind in behind if "call" in vars(kind))
            cls.call = _quantizing(inspect.signature(inner))  # type: ignore[method-assign]

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """What the Keras layer makes of the quantized input and its quantized variables."""
        inputs = quantizers.of_input(self.input_quantizer, inputs)
        for variable in vars(self).get("_measured", ()):
            variable.quantizer(variable.value)
        with quantized_scope(True):
            return super().call(inputs, *args, **kwargs)

    call._of_base_layer = True  # type: ignore[attr-defined]

    def add_weight(self, *args: Any, **kwargs: Any) -> Any:
        """As in Keras; a variable for which `_get_quantizer` has a quantizer knows it."""
        variable = super().add_weight(*args, **kwargs)
        tell(variable, self._get_quantizer(variable.name))
        if isinstance(variable, QuantizedVariable) and getattr(variable.quantizer, "measures", False):
            # Past Keras, which would track the variable once more.
            self.__dict__.setdefault("_measured", []).append(variable)
        return variable

    def _get_quantizer(self, name: str) -> quantizers.QuantizerLike | None:
        """The quantizer of the variable that ``add_weight`` makes under this name; None: it stays in float."""
        return None

    def _kernel_quantizer(self, kernel: str, identifier: Any) -> Any:
        """The quantizer that an argument means; a binary one wants a constraint, as in Larq."""
        return kernel_quantizer_of(self._label, kernel, identifier, getattr(self, f"{kernel}_constraint", None))

    @property
    def _label(self) -> str:
        """The layer in errors."""
        return f"{type(self).__name__} '{self.name}'"

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        return {**super().get_config(), "input_quantizer": quantizers.serialize(self.input_quantizer)}


def _quantizing(signature: inspect.Signature) -> Callable[..., Any]:
    """`BaseLayer.call` with the signature of the call behind it."""

    def call(self: BaseLayer, *args: Any, **kwargs: Any) -> Any:
        return BaseLayer.call(self, *args, **kwargs)

    call.__signature__ = signature  # type: ignore[attr-defined]
    call._of_base_layer = True  # type: ignore[attr-defined]
    return call


class QuantizerBase(BaseLayer):
    """A layer with one kernel: a variable called ``kernel``, as most layers of Keras have it.

    Args:
        *args, **kwargs: as `BaseLayer` has them.
        kernel_quantizer: as its ``input_quantizer``.
    """

    def __init__(self, *args: Any, kernel_quantizer: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kernel_quantizer = self._kernel_quantizer("kernel", kernel_quantizer)

    def _get_quantizer(self, name: str) -> quantizers.QuantizerLike | None:
        return self.kernel_quantizer if name == "kernel" else None

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        return {**super().get_config(), "kernel_quantizer": quantizers.serialize(self.kernel_quantizer)}


class QuantizerDepthwiseBase(BaseLayer):
    """A depthwise convolution.

    Args:
        *args, **kwargs: as `BaseLayer` has them.
        depthwise_quantizer: of its kernel, as ``input_quantizer``.
    """

    def __init__(self, *args: Any, depthwise_quantizer: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.depthwise_quantizer = self._kernel_quantizer("depthwise", depthwise_quantizer)

    def _get_quantizer(self, name: str) -> quantizers.QuantizerLike | None:
        return self.depthwise_quantizer if name in ("kernel", "depthwise_kernel") else None

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        return {**super().get_config(), "depthwise_quantizer": quantizers.serialize(self.depthwise_quantizer)}


class QuantizerSeparableBase(BaseLayer):
    """A separable convolution, with two kernels.

    Args:
        *args, **kwargs: as `BaseLayer` has them.
        depthwise_quantizer, pointwise_quantizer: of each, as ``input_quantizer``.
    """

    def __init__(
        self, *args: Any, depthwise_quantizer: Any = None, pointwise_quantizer: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.depthwise_quantizer = self._kernel_quantizer("depthwise", depthwise_quantizer)
        self.pointwise_quantizer = self._kernel_quantizer("pointwise", pointwise_quantizer)

    def _get_quantizer(self, name: str) -> quantizers.QuantizerLike | None:
        of = {"depthwise_kernel": self.depthwise_quantizer, "pointwise_kernel": self.pointwise_quantizer}
        return of.get(name)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        return {
            **super().get_config(),
            "depthwise_quantizer": quantizers.serialize(self.depthwise_quantizer),
            "pointwise_quantizer": quantizers.serialize(self.pointwise_quantizer),
        }


class QuantizerBaseConv(keras.layers.Layer):  # type: ignore[misc]
    """A convolution whose "same" padding may be another number than 0; stands behind the base with the quantizers.

    Args:
        *args, **kwargs: of the Keras layer.
        pad_values: what "same" padding puts around the quantized input: a number, or a tensor of one.

    Raises:
        LayerError: causal padding with another number than 0.
    """

    def __init__(self, *args: Any, pad_values: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pad_values = finite_number(f"{type(self).__name__} '{self.name}'", pad_values)
        if self.padding == "causal" and self.pad_values != 0:
            raise LayerError(
                f"{type(self).__name__} '{self.name}'",
                f"padding='causal' puts zeros before the first step, got pad_values={self.pad_values:g}",
                "Leave pad_values out, or use padding='same'",
            )

    def call(self, inputs: Any) -> Any:
        """What the Keras layer makes of the input in its border."""
        if self.padding != "same" or self.pad_values == 0:
            return super().call(inputs)
        bordered = pad_same(
            tf.convert_to_tensor(inputs),
            self.pad_values,
            kernel_size=self.kernel_size,
            strides=self.strides,
            dilation=self.dilation_rate,
            channels_last=self.data_format == "channels_last",
        )
        with self._without_padding():
            return super().call(bordered)

    @contextmanager
    def _without_padding(self) -> Iterator[None]:
        """The Keras layer reads ``padding`` when it is called, and the border is there already."""
        self.padding = "valid"
        try:
            yield
        finally:
            self.padding = "same"

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal layer."""
        return {**super().get_config(), "pad_values": self.pad_values}
