"""XNNPACK's int8 convolution, as a user gets it: a full-integer .tflite, run by tf.lite's interpreter."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnn_designer.bench.rounds import Turn, timed
from bnn_designer.bench.rows import Missing

NAME = "XNNPACK int8 (tf.lite)"

_CALIBRATION_IMAGES = 4


def int8_turn(kernel: npt.NDArray[np.float32], size: int, threads: int) -> Turn | Missing:
    """One "same" convolution of an int8 image, int8 out.

    Args:
        kernel: [height, width, channels, filters].
        size: of the square image.
        threads: of the interpreter.

    Returns:
        The turn; or why XNNPACK does not run here.
    """
    if not hasattr(tf, "lite"):
        return Missing(NAME, "this TensorFlow has no tf.lite; TensorFlow 2.21 has it.")
    shape = (1, size, size, kernel.shape[2])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is deprecated, and says so each time
        interpreter = tf.lite.Interpreter(model_content=_int8_network(kernel, shape), num_threads=threads)
    interpreter.allocate_tensors()
    # What XNNPACK takes over becomes a node of its own; else tf.lite's own kernels run.
    if "DELEGATE" not in {op["op_name"] for op in interpreter._get_ops_details()}:
        return Missing(NAME, "tf.lite does not give this convolution to XNNPACK here; its wheels for x86-64 do.")
    image = np.random.default_rng(0).integers(-127, 128, shape).astype(np.int8)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    return timed(interpreter.invoke)


def _int8_network(kernel: npt.NDArray[np.float32], shape: tuple[int, ...]) -> bytes:
    rng = np.random.default_rng(0)
    weights = tf.constant(kernel)

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32)])  # type: ignore[untyped-decorator]
    def convolve(x: Any) -> Any:
        return tf.nn.conv2d(x, weights, 1, "SAME")

    converter = tf.lite.TFLiteConverter.from_concrete_functions([convolve.get_concrete_function()])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    images = [rng.normal(size=shape).astype(np.float32) for _ in range(_CALIBRATION_IMAGES)]
    converter.representative_dataset = lambda: ([image] for image in images)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    network: bytes = converter.convert()
    return network
