"""What every quantizer is: a layer that works element by element, known by names, and measured where asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import keras
import tensorflow as tf

from bnn_designer.design.quantization import QUANTIZERS
from bnn_designer.nn.context import check_metrics
from bnn_designer.nn.errors import LayerError
from bnn_designer.nn.flip_ratio import FlipRatio


def numbers(x: Any) -> tf.Tensor:
    """``x`` as a tensor of floats or whole numbers.

    Raises:
        LayerError: it holds something else, such as booleans, which have no sign.
    """
    x = tf.convert_to_tensor(x)
    if not (x.dtype.is_floating or x.dtype.is_integer):
        raise LayerError(
            "quantizer", f"it takes floats or whole numbers, got {x.dtype.name}", "Cast the tensor to float32 first"
        )
    return x


def floats(x: Any) -> tf.Tensor:
    """``x`` as a tensor of floats: whole numbers in Keras' float type.

    Raises:
        LayerError: as `numbers`.
    """
    x = numbers(x)
    return x if x.dtype.is_floating else tf.cast(x, keras.config.floatx())


class Quantizer(keras.layers.Layer):  # type: ignore[misc]
    """Base of the quantizers; usable as a layer of its own.

    Args:
        metrics: what to measure of its outputs at every call, ``["flip_ratio"]``; None: for kernels what
            `metrics_scope` says, else nothing. Keras reports it as ``flip_ratio/`` and the quantizer's name.
        **kwargs: as Keras' layers have them.

    Attributes:
        precision: bits of an element of its output.
        gives_signs: whether the output is -1 and +1, so that XNOR and popcount can multiply with it. Only what a
            quantizer's own class says counts: one derived from it may give other values, and says so anew.
        flip_ratio: the metric; None where nothing is measured, or the shape is not known yet.
        measures_kernel: whether a layer has it to measure its kernel; then it measures nothing else.

    Raises:
        LayerError: a metric is unknown.
    """

    precision: int | None = None
    gives_signs: bool = False

    def __init__(self, *, metrics: Iterable[str] | None = None, **kwargs: Any) -> None:
        # The layer that owns a quantizer decides the data type; a cast in here would undo that.
        kwargs.setdefault("autocast", False)
        super().__init__(**kwargs)
        self.supports_masking = True
        self.flip_ratio: FlipRatio | None = None
        self.measures_kernel = False
        self._custom_metrics: list[str] = []
        self.built = True
        self.measure(metrics or ())

    @property
    def measures(self) -> bool:
        """Whether its outputs are measured."""
        return bool(self._custom_metrics)

    def measure(self, metrics: Iterable[str]) -> None:
        """Measures ``metrics`` from now on, if nothing is measured yet.

        Raises:
            LayerError: a metric is unknown.
        """
        if not self._custom_metrics:
            self._custom_metrics = check_metrics(f"{type(self).__name__} '{self.name}'", metrics)
            if self._custom_metrics:
                self.built = False

    def call(self, inputs: Any) -> Any:
        """The inputs as they are; what a quantizer of one's own may pass its values on to."""
        return inputs

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates what is measured of outputs of this shape.

        Raises:
            LayerError: the shape has an unknown size, and something is measured.
        """
        if self.measures:
            self.flip_ratio = FlipRatio(name=f"flip_ratio/{self.name}")
            self.flip_ratio.build(input_shape)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The quantized inputs, which are measured."""
        outputs = super().__call__(*args, **kwargs)
        self.observe(outputs)
        return outputs

    def observe(self, outputs: Any) -> None:
        """Measures outputs that were computed by the quantizer's parts."""
        if self.flip_ratio is not None and not isinstance(outputs, keras.KerasTensor):
            self.flip_ratio.update_state(tf.stop_gradient(outputs))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """A quantizer works element by element: the shape stays."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal quantizer."""
        metrics = {"metrics": self._custom_metrics} if self.measures else {}
        return {**super().get_config(), **metrics}


class WithQuantizers:
    """Of layers that have quantizers; mixed in before a Keras layer."""

    _layers: Any

    @property
    def metrics(self) -> list[Any]:
        """The layer's own metrics. Those of its quantizers stand with these.

        Keras asks each layer of a model, and each layer within one, and a layer answers for all that is inside it. So
        what a quantizer measures would be in the model's metrics, and in what `evaluate` returns, twice.
        """
        inside = [one for layer in self._layers if isinstance(layer, Quantizer) for one in layer.metrics]
        return [one for one in super().metrics if all(one is not other for other in inside)]  # type: ignore[misc]


_BY_NAME: dict[str, type[Quantizer]] = {}
_Q = TypeVar("_Q", bound=type[Quantizer])


def known_as(*names: str) -> Callable[[_Q], _Q]:
    """Lets layers find a quantizer's class by its own name, and by these."""

    def register(quantizer: _Q) -> _Q:
        _BY_NAME.update(dict.fromkeys((*names, quantizer.__name__), quantizer))
        return quantizer

    return register


def named(name: str) -> Callable[[_Q], _Q]:
    """Lets designs find a quantizer's class by ``name``, and gives it what the table says of that name.

    Layers find it by the class's own name too.
    """
    facts = QUANTIZERS[name]

    def register(quantizer: _Q) -> _Q:
        quantizer.gives_signs = facts.gives_signs
        if facts.bits is not None:
            quantizer.precision = facts.bits
        return known_as(name)(quantizer)

    return register


def is_known(name: str) -> bool:
    """Whether a class is registered under a name."""
    return name in _BY_NAME


def class_of(name: str) -> type[Quantizer]:
    """The class that is registered under a name.

    Raises:
        LayerError: there is none.
    """
    if name not in _BY_NAME:
        raise unknown(name)
    return _BY_NAME[name]


def unknown(identifier: Any) -> LayerError:
    """The error of something that is no quantizer, with the names that there are."""
    return LayerError(
        "quantizer",
        f"{identifier!r} is not a quantizer",
        f"Use one of {', '.join(repr(name) for name in _BY_NAME)}, a quantizer object, or None for full precision",
    )
