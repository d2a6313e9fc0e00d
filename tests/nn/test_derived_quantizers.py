"""Quantizers that users derive from ours: what a class computes counts, not what it was made from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bnn_designer import kernels
from bnn_designer.nn import LayerError, MagnitudeAwareSign, QuantConv2D, QuantDense, SteSign, SwishSign, quantizers
from bnn_designer.nn.quantizers import Quantizer
from bnn_designer.nn.scaled_signs import ScaledSign, split

needs_kernels = pytest.mark.skipif(not kernels.available(), reason=str(kernels.unavailable_reason()))


class Halves(SteSign):
    """-0.5 and +0.5."""

    def call(self, inputs: Any) -> Any:
        return super().call(inputs) / 2


class HalvesBySwish(SwishSign):
    def call(self, inputs: Any) -> Any:
        return super().call(inputs) / 2


class Quarters(MagnitudeAwareSign):
    """-0.25 and +0.25, whatever the magnitudes are."""

    def call(self, inputs: Any) -> Any:
        return self.signs(inputs) / 4


class QuartersDeclared(MagnitudeAwareSign):
    """Says that it gives signs times its scale, and computes something else."""

    gives_signs = True

    def __call__(self, inputs: Any) -> Any:
        return self.signs(inputs) / 4


class Doubled(MagnitudeAwareSign):
    """Twice the mean magnitude: one of the two parts, from which the base makes the whole."""

    def scale(self, x: Any) -> Any:
        return 2 * super().scale(x)


class Reversed(Quantizer):
    """-1 where others give +1: signs, and it says so."""

    gives_signs = True
    precision = 1

    def call(self, inputs: Any) -> Any:
        return -quantizers.ste_sign(inputs)


# Of thirteen inputs and weights that are 1 each.
SUMS = [
    (Halves(), "ste_sign", 13 / 2),
    ("ste_sign", Halves(), 13 / 2),
    (Halves(), Halves(), 13 / 4),
    (HalvesBySwish(), "ste_sign", 13 / 2),
    ("ste_sign", Quarters(), 13 / 4),
    ("ste_sign", QuartersDeclared(), 13 / 4),
    ("ste_sign", Doubled(), 13 * 2),
    ("ste_sign", "magnitude_aware_sign", 13),
]


@pytest.mark.parametrize(("input_quantizer", "kernel_quantizer", "expected"), SUMS)
@pytest.mark.parametrize("engine", ["xnor", "float"])
def test_a_derived_quantizer_computes_what_it_computes(
    engine: Any, input_quantizer: Any, kernel_quantizer: Any, expected: float
) -> None:
    arguments = {
        "input_quantizer": input_quantizer,
        "kernel_quantizer": kernel_quantizer,
        "kernel_initializer": "ones",
        "engine": engine,
    }
    assert QuantDense(1, **arguments)(np.ones((1, 13), np.float32)).numpy().tolist() == [[expected]]
    assert QuantConv2D(1, 1, **arguments)(np.ones((1, 1, 1, 13), np.float32)).numpy().item() == expected


INHERITED = "gives_signs = True, which is not inherited"
SCALED = "the input quantizer scales signs"


@pytest.mark.parametrize(
    ("quantizer", "of_input"),
    [(Halves(), INHERITED), (HalvesBySwish(), INHERITED), (Quarters(), SCALED), (Doubled(), SCALED)],
)
def test_what_a_class_inherits_does_not_make_it_a_sign(quantizer: Any, of_input: str) -> None:
    assert quantizers.op_name(quantizer) is None
    for pair, reason in (((quantizer, "ste_sign"), of_input), (("ste_sign", quantizer), INHERITED)):
        layer = QuantDense(1, input_quantizer=pair[0], kernel_quantizer=pair[1], engine="xnor")
        assert layer.engine_used == "float"
        assert reason in layer.engine_reason


@needs_kernels
def test_a_class_of_one_s_own_that_says_it_gives_signs_runs_in_bits() -> None:
    signs = {"input_quantizer": Reversed(), "kernel_quantizer": "ste_sign"}
    layer = QuantDense(1, kernel_initializer="ones", engine="xnor", **signs)
    assert layer(np.ones((1, 13), np.float32)).numpy().tolist() == [[-13]]
    assert layer.engine_used == "xnor"


def test_a_scale_of_another_shape_is_refused() -> None:
    class ByChannel(ScaledSign):
        def signs(self, x: Any) -> Any:
            return quantizers.ste_sign(x)

        def scale(self, x: Any) -> Any:
            return tf.reduce_mean(tf.abs(x), axis=[0, 1, 3])

    with pytest.raises(LayerError, match=r"ByChannel.*each of the 5 filters, got shape \(4,\)"):
        split(ByChannel(), tf.ones((3, 3, 4, 5)))


@pytest.mark.parametrize("name", ["magnitude_aware_sign", "xnor_weight_scale", "dorefa_sign"])
@pytest.mark.parametrize("engine", ["xnor", "float"])
def test_scaled_inputs_keep_their_scale(engine: Any, name: str) -> None:
    """Two channels of magnitude 0.5 and 0.25; dorefa_sign has one magnitude for all."""
    x = np.array([[0.5, 0.25], [-0.5, 0.25]], np.float32)
    layer = QuantDense(1, input_quantizer=name, kernel_quantizer="ste_sign", kernel_initializer="ones", engine=engine)
    first, second = (0.375, 0.375) if name == "dorefa_sign" else (0.5, 0.25)
    assert layer(x).numpy().tolist() == [[first + second], [-first + second]]
    assert layer.engine_used == "float"
    if engine == "xnor":
        assert "input quantizer scales signs" in layer.engine_reason
