"""Layers of 8 bits in the engine: equal to whole numbers in NumPy and to TensorFlow Lite's kernels, to the bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnn_designer.design import Design
from bnn_designer.design import blocks as b
from bnn_designer.graph import lower
from bnn_designer.inference import Engine, EngineError
from bnn_designer.packing import PackError, load, pack, save
from bnn_designer.packing.drafts import IMAGE, RESULT, Geometry, GroupDraft, StepDraft
from bnn_designer.packing.int8 import requantized_sums
from bnn_designer.packing.network import PackedNetwork
from tests.export.networks import group, joined, window
from tests.inference.models import keras_outputs, random_images, random_model

INT8 = {"input_quantizer": "int8", "kernel_quantizer": "int8"}
SIGNS = {"input_quantizer": "ste_sign", "kernel_quantizer": "ste_sign"}


def of_int8(
    at: Geometry, kernel: Any, scale: float, *steps: StepDraft, after: tuple[GroupDraft, ...] = ()
) -> PackedNetwork:
    """An image as whole numbers, through one 8-bit convolution ``[groups, products, filters / groups]``."""
    shape = (at.in_height, at.in_width, at.in_channels)
    first = group("whole", "channels", Geometry(*shape, *shape), IMAGE, (), StepDraft("quantize", "a", high=scale))
    return joined(shape, [first, group("conv", "int8_conv", at, "a", (kernel,), *steps), *after])


def sums_of(at: Geometry, images: Any, kernel: Any) -> Any:
    """Whole numbers ``[n, height, width, filters]``, by the definition of a convolution."""
    count, filters = at.in_channels // at.groups, at.out_channels // at.groups
    found = np.zeros((len(images), at.out_height, at.out_width, at.out_channels), np.int64)
    for y, x, ky, kx in np.ndindex(at.out_height, at.out_width, at.kernel_height, at.kernel_width):
        row = y * at.stride_height - at.pad_top + ky * at.dilation_height
        column = x * at.stride_width - at.pad_left + kx * at.dilation_width
        if not (0 <= row < at.in_height and 0 <= column < at.in_width):
            continue
        tap = (ky * at.kernel_width + kx) * count
        for part in range(at.groups):
            under = images[:, row, column, part * count : (part + 1) * count].astype(np.int64)
            weights = kernel[part, tap : tap + count].astype(np.int64)
            found[:, y, x, part * filters : (part + 1) * filters] += under @ weights
    return found


def requantize(draw: Any, filters: int, products: int) -> StepDraft:
    shift = draw.integers(-12, -4, filters)
    bias = draw.integers(-50 * products, 50 * products, filters)
    numbers = np.stack([bias, draw.integers(2**30, 2**31 - 1, filters), shift]).astype(np.int32)
    return StepDraft("requantize", numbers=(numbers,), low=float(draw.integers(-128, 128)), high=0.25)


@given(
    seed=st.integers(0, 2**20),
    size=st.tuples(st.integers(2, 7), st.integers(2, 7)),
    filters=st.integers(1, 70),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    strides=st.tuples(st.integers(1, 2), st.integers(1, 3)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    groups=st.sampled_from([1, 1, 2, 3]),
    threads=st.sampled_from([1, 3]),
)
@settings(max_examples=40, deadline=None)
def test_convolutions_to_the_bit(
    seed: int, size: Any, filters: int, kernel: Any, strides: Any, dilation: Any, groups: int, threads: int
) -> None:
    draw = np.random.default_rng(seed)
    at = window((*size, 2 * groups), filters * groups, kernel, strides, dilation, groups)
    weights = draw.integers(-127, 128, (groups, at.products, filters)).astype(np.int8)
    step = requantize(draw, at.out_channels, at.products)
    network = of_int8(at, weights, 1 / 64, step, StepDraft("store", RESULT))
    whole = draw.integers(-127, 128, (3, *size, 2 * groups))
    with Engine(network, threads=threads) as engine:
        found = engine.run(whole / 64)
    wanted = requantized_sums(sums_of(at, whole, weights), step).astype(np.float32)
    np.testing.assert_array_equal(found, ((wanted - step.low) * np.float32(0.25)).reshape(3, -1))


@pytest.mark.parametrize("threads", [1, 3])
def test_signs_of_sums(threads: int) -> None:
    """Rising, falling and constant filters; one pixel, whose filters threads share."""
    draw = np.random.default_rng(3)
    features, filters = 300, 200
    at = window((1, 1, features), filters)
    weights = draw.integers(-127, 128, (1, features, filters)).astype(np.int8)
    factor = draw.choice([1, -1, 0], filters).astype(np.float32)
    offset = np.where(factor == 0, draw.choice([1, -1], filters), draw.integers(-90000, 90000, filters))
    threshold = StepDraft("threshold", "b", (factor, offset.astype(np.float32)))
    unpack = group("floats", "unpack", window((1, 1, filters), filters), "b", (), StepDraft("store", RESULT))
    network = of_int8(at, weights, 1.0, threshold, after=(unpack,))
    whole = draw.integers(-127, 128, (5, 1, 1, features))
    with Engine(network, threads=threads) as engine:
        found = engine.run(whole.astype(np.float32))
    below = factor * sums_of(at, whole, weights).reshape(5, -1) + offset < 0
    assert 0.2 < below.mean() < 0.8
    np.testing.assert_array_equal(found, np.where(below, -1, 1))


def test_numbers_become_the_nearest_multiples_of_the_scale() -> None:
    """Halves go to the even one, what is beyond 127 of them stays there, and a NaN is -127."""
    at = window((1, 1, 8), 8)
    numbers = np.zeros((3, 8), np.int32)
    numbers[1], numbers[2] = 2**30, 1  # times one
    step = StepDraft("requantize", numbers=(numbers,), low=0.0, high=1.0)
    network = of_int8(at, np.eye(8, dtype=np.int8)[None], 0.5, step, StepDraft("store", RESULT))
    image = np.array([0.2, 0.25, 0.75, -0.25, -0.75, 70, -70, np.nan], np.float32).reshape(1, 1, 8)
    with Engine(network) as engine:
        assert engine.run(image).tolist() == [0, 0, 2, 0, -2, 127, -127, -127]


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([StepDraft("store", RESULT)], "nothing makes numbers of the sums"),
        ([StepDraft("clamp", high=1.0), StepDraft("store", RESULT)], "nothing makes numbers of the sums"),
        ([StepDraft("requantize", numbers=(np.zeros((3, 4), np.int32),), low=0.5, high=1.0)], "a zero point"),
        ([StepDraft("requantize", numbers=(np.zeros((3, 4), np.int32),), low=0.0, high=0.0)], "a scale"),
        ([StepDraft("requantize", numbers=(np.full((3, 4), 99, np.int32),), low=0.0, high=1.0)], "a multiplier"),
    ],
)
def test_what_a_broken_file_could_ask_for_is_refused(steps: list[StepDraft], words: str) -> None:
    at = window((2, 2, 3), 4)
    steps = steps if steps[-1].tensor else [*steps, StepDraft("store", RESULT)]
    network = of_int8(at, np.ones((1, 3, 4), np.int8), 1.0, *steps)
    with pytest.raises(EngineError, match=words):
        Engine(network)


def ends() -> Design:
    blocks = (
        b.BinaryConv(id="first", filters=32, kernel_size=(3, 3), pad_values=0, **INT8),
        b.BatchNorm(),
        b.BinaryConv(filters=32, kernel_size=(3, 3), strides=(2, 2), **SIGNS),
        b.BatchNorm(),
        b.Activation(function="relu"),
        b.Flatten(),
        b.BinaryDense(id="last", units=10, use_bias=True, **INT8),
        b.Head(classifier="none"),
    )
    return Design(name="ends", input_shape=(9, 9, 3), classes=10, blocks=blocks)


def test_first_and_last_layer_of_a_network(tmp_path: Path) -> None:
    """The first one ends in bits without a float; the file is as good as the network, and of format 2."""
    graph = lower(ends())
    model, images = random_model(graph), random_images(graph, 200)
    network = pack(graph, model, ends(), images[:100])
    steps = {entry.name: [step.kind for step in entry.steps] for entry in network.header.groups}
    assert steps["first"] == ["threshold"]
    assert steps["last"][0] == "requantize"
    assert network.tensors["input.int8"].bits == 8
    save(network, tmp_path / "net.bnn")
    assert (tmp_path / "net.bnn").read_bytes()[8:12] == b"\2\0\0\0"
    with Engine(load(tmp_path / "net.bnn"), threads=2) as engine:
        found = engine.run(images)
    wanted = keras_outputs(model, images)
    # Keras finds scales anew in each batch, so a few signs of the first layer differ, and a few classes with them.
    assert (found.argmax(axis=1) == wanted.argmax(axis=1)).mean() > 0.9


def test_without_images_the_layer_is_named() -> None:
    graph = lower(ends())
    model = random_model(graph)
    with pytest.raises(PackError, match="layer of 8 bits, whose scale comes from images") as caught:
        pack(graph, model)
    assert caught.value.path in ("first", "last")
    with pytest.raises(PackError, match="the network takes"):
        pack(graph, model, images=np.zeros((3, 8, 9, 3), np.float32))


def _tensorflow_lite(layer: Any, images: Any) -> tuple[dict[str, Any], Any]:
    """What TensorFlow Lite's reference kernel makes of whole numbers, and the numbers of its file."""
    import keras
    import tensorflow as tf

    draw = np.random.default_rng(0)
    model = keras.Sequential([keras.Input(images.shape[1:]), layer])
    for weight in model.weights:
        weight.assign(draw.normal(0, 0.3, weight.shape))
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: [[images.astype(np.float32) / 127]]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    reference = tf.lite.experimental.OpResolverType.BUILTIN_REF
    interpreter = tf.lite.Interpreter(model_content=converter.convert(), experimental_op_resolver_type=reference)
    (given,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.resize_tensor_input(given["index"], images.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], images.astype(np.int8))
    interpreter.invoke()
    details = [one for one in interpreter.get_tensor_details() if one["shape"].size]
    bias, weights = (
        next(one for one in details if one["dtype"] == kind and one["quantization_parameters"]["scales"].size > 1)
        for kind in (np.int32, np.int8)
    )
    numbers = {
        "input": given["quantization_parameters"],
        "output": result["quantization_parameters"],
        "weights": interpreter.get_tensor(weights["index"]),
        "bias": interpreter.get_tensor(bias["index"]),
        "scales": weights["quantization_parameters"]["scales"],
    }
    return numbers, interpreter.get_tensor(result["index"])


@pytest.mark.filterwarnings("ignore")
def test_a_convolution_equals_tensorflow_lite_s_to_the_bit() -> None:
    """Its own weights, biases and scales, with the multipliers that we make of them."""
    import keras

    from bnn_designer.packing.int8 import quantized_multiplier

    images = np.random.default_rng(1).integers(-127, 128, (20, 9, 8, 3))
    images.flat[0] = 127
    images.flat[1] = -127
    layer = keras.layers.Conv2D(24, (3, 2), strides=(2, 1), padding="valid", activation="relu")
    numbers, wanted = _tensorflow_lite(layer, images)
    zero_point = int(numbers["input"]["zero_points"][0])
    at = window((9, 8, 3), 24, (3, 2), (2, 1), same=False)
    kernel = numbers["weights"].reshape(24, -1).T
    # Our inputs have no zero point; theirs goes into the bias, as their own kernels do it: w (x - z) = w x - z w.
    bias = numbers["bias"] - zero_point * kernel.astype(np.int64).sum(axis=0)
    scales = numbers["input"]["scales"][0].astype(np.float64) * numbers["scales"].astype(np.float64)
    output_scale, output_zero = float(numbers["output"]["scales"][0]), int(numbers["output"]["zero_points"][0])
    pairs = [quantized_multiplier(one / output_scale) for one in scales]
    step = StepDraft(
        "requantize",
        numbers=(np.stack([bias, *np.array(pairs).T]).astype(np.int32),),
        low=float(output_zero),
        high=1.0,
    )
    network = of_int8(at, np.ascontiguousarray(kernel)[None], 1.0, step, StepDraft("store", RESULT))
    with Engine(network) as engine:
        found = engine.run(images.astype(np.float32)) + output_zero
    assert len(np.unique(wanted)) > 100
    np.testing.assert_array_equal(found, wanted.reshape(20, -1))
