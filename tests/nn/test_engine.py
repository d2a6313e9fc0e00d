"""Which engine a layer takes, and what it says about it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import tensorflow as tf

from bnn_designer import kernels
from bnn_designer.nn import (
    DoReFa,
    Int8,
    QuantConv2D,
    QuantDense,
    QuantDepthwiseConv2D,
    SteSign,
    SteTern,
    SwishSign,
)
from bnn_designer.nn.engine import Operands, decide
from bnn_designer.nn.layer_choice import XNOR_FROM_CHANNELS

BINARY = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign"}
SIGNS = Operands(input_sign="ste_sign", kernel_sign="approx_sign", input_quantized=True, kernel_quantized=True)

needs_kernels = pytest.mark.skipif(not kernels.available(), reason=str(kernels.unavailable_reason()))


@pytest.mark.parametrize(
    ("engine", "gpu", "unavailable", "used", "reason"),
    [
        ("auto", False, None, "xnor", "both operands are signs"),
        ("xnor", False, None, "xnor", "both operands are signs"),
        ("float", False, None, "float", "asked for"),
        ("auto", True, None, "float", "GPU"),
        ("xnor", True, None, "float", "GPU"),
        ("auto", False, "no C++ compiler", "float", "no C++ compiler"),
        ("xnor", False, "no C++ compiler", "float", "no C++ compiler"),
    ],
)
def test_decide_for_a_binary_layer(engine, gpu, unavailable, used, reason):
    choice = decide(engine, SIGNS, gpu=gpu, unavailable=unavailable)
    assert choice.used == used
    assert reason in choice.reason


NOT_BINARY = [
    ({}, "full precision"),
    ({"kernel_quantizer": "ste_sign"}, "only the kernel is quantized"),
    ({"input_quantizer": "ste_sign"}, "only the input is quantized"),
    ({**BINARY, "input_quantizer": DoReFa(2)}, "this input quantizer does not give them"),
    ({**BINARY, "input_quantizer": Int8()}, "this input quantizer does not give them"),
    ({**BINARY, "kernel_quantizer": SteTern()}, "this kernel quantizer does not give them"),
    ({**BINARY, "kernel_quantizer": lambda x: x}, "this kernel quantizer does not give them"),
    ({**BINARY, "dtype": "float64"}, "float64"),
    ({**BINARY, "dtype": "mixed_float16"}, "float16"),
]


@pytest.mark.parametrize(("arguments", "reason"), NOT_BINARY)
@pytest.mark.parametrize("engine", ["auto", "xnor"])
def test_layers_the_op_cannot_compute_say_so(engine, arguments, reason):
    for layer in (QuantDense(4, engine=engine, **arguments), QuantConv2D(4, 3, engine=engine, **arguments)):
        assert layer.engine_used == "float"
        assert reason in layer.engine_reason


def test_convolutions_the_op_cannot_compute_say_so():
    layer = QuantConv2D(4, 3, engine="xnor", **BINARY, data_format="channels_first")
    assert layer.engine_used == "float"
    assert "channels_last" in layer.engine_reason


@pytest.mark.parametrize("engine", ["auto", "xnor", "float"])
def test_a_binary_depthwise_convolution_is_honestly_float(engine):
    """Whatever is asked for: what it says, what its graph holds, and that XLA may have it."""
    layer = QuantDepthwiseConv2D(3, input_quantizer="ste_sign", depthwise_quantizer="ste_sign", engine=engine)
    layer.build((None, 8, 8, 256))
    assert (layer.engine_used, layer.supports_jit, layer.gradients_used) == ("float", True, "multiplied")
    assert layer.engine_reason == (
        "engine='float' was asked for"
        if engine == "float"
        else "the compiled op has no depthwise convolution: in bits one was timed no faster than TensorFlow's in float"
    )
    graph = tf.function(layer).get_concrete_function(tf.TensorSpec((1, 8, 8, 256))).graph
    kinds = {operation.type for operation in graph.get_operations()}
    assert "DepthwiseConv2dNative" in kinds
    assert not [kind for kind in kinds if kind.startswith("Bnn")]


@needs_kernels
@pytest.mark.parametrize("quantizer", [SteSign(1.3), SteSign(None), SwishSign()])
def test_every_quantizer_that_gives_signs_uses_the_op(quantizer):
    assert QuantConv2D(4, 3, input_quantizer=quantizer, kernel_quantizer=quantizer).engine_used == "xnor"


@needs_kernels
def test_binary_layers_use_the_op_and_keep_xla_away():
    for layer, shape in ((QuantDense(4, **BINARY), (None, 64)), (QuantConv2D(4, 3, **BINARY), (None, 5, 5, 64))):
        layer.build(shape)
        expected = ("xnor", False) if kernels.chosen_isa() in XNOR_FROM_CHANNELS else ("float", True)
        assert (layer.engine_used, layer.supports_jit) == expected


def test_float_layers_leave_xla_free():
    layer = QuantDense(4, engine="float", **BINARY)
    layer.build((None, 5))
    assert (layer.engine_used, layer.supports_jit) == ("float", True)


def test_without_a_compiler_there_is_one_warning_and_the_same_numbers(tmp_path):
    """In a process that finds no compiler and no op built before: one warning for three layers, and float."""
    program = """
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from bnn_designer.nn import EngineWarning, QuantConv2D, QuantDense
    binary = dict(input_quantizer="ste_sign", kernel_quantizer="ste_sign", kernel_initializer="ones", use_bias=False)
    conv = QuantConv2D(2, 3, **binary)
    layers = [QuantDense(4, engine="xnor", **binary), QuantDense(4, **binary), conv]
    used = [layer.engine_used for layer in layers]
import numpy as np
print(used, len([w for w in caught if w.category is EngineWarning]))
print(float(conv(-np.ones((1, 3, 3, 5), "float32"))[0, 0, 0, 0]))
print(conv.engine_reason)
"""
    environment = {**os.environ, "BNN_CACHE_DIR": str(tmp_path), "PATH": str(tmp_path)}
    environment.pop("CXX", None)
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    used, value, reason = done.stdout.strip().splitlines()[-3:]
    assert used == "['float', 'float', 'float'] 1"
    assert float(value) == -(3 * 3 * 5)
    assert "compiler" in reason
