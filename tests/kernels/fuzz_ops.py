"""Calls the ops with random shapes, types and attributes: `python -m tests.kernels.fuzz_ops SEED SECONDS`.

Every call must end in the right numbers (small ones are compared with the reference) or in an InvalidArgumentError or a
ValueError that names the op and the shapes. Anything else ends the program with 1, a crash with a signal; the last line
printed names the call. An op of its own is added with a function in OPERATIONS.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from bnn_designer.kernels import library, reference

#: Values of the output times those of the larger input: the reference is slow, and writes every border out.
LARGEST_COMPARED = 100_000_000


@dataclass(frozen=True)
class Call:
    """One call of a raw op.

    Attributes:
        op: TensorFlow's name of it, as its errors say it.
        arguments: keyword arguments of the raw op.
        expected: computes the right result; None where the call must fail, or may.
    """

    op: str
    arguments: dict[str, Any]
    expected: Callable[[], np.ndarray] | None


class Shapes:
    """Random sizes: mostly small and right, sometimes empty, sometimes enormous, sometimes of the wrong rank."""

    def __init__(self, random: np.random.Generator) -> None:
        self.random = random

    def chance(self, one_in: int) -> bool:
        return bool(self.random.integers(one_in) == 0)

    def size(self, largest: int = 9) -> int:
        if self.chance(40):
            return 0
        return int(self.random.integers(1, largest + 1))

    def channels(self) -> int:
        return int(self.random.choice([1, 3, 31, 33, 63, 64, 65, 128, 130]))

    def shape(self, *dims: int) -> tuple[int, ...]:
        """These sizes, or one of them off, or one dimension more or less."""
        shape = list(dims)
        if self.chance(15):
            shape[self.random.integers(len(shape))] = self.size(200)
        if self.chance(30):
            shape = shape[:-1] if self.chance(2) else [*shape, self.size()]
        return tuple(shape)

    def values(self, shape: tuple[int, ...], dtype: type = np.float32) -> Any:
        """Numbers of any kind; NaN seldom. What would not fit into memory is one value broadcast by strides."""
        if self.chance(40):
            dtype = self.random.choice([np.float64, np.int64, np.float32, np.int32])
        if np.issubdtype(dtype, np.integer):
            return self.random.integers(-(2**20), 2**20, shape).astype(dtype)
        values = self.random.standard_normal(shape).astype(dtype)
        if values.size and self.chance(25):
            values.flat[self.random.integers(values.size)] = np.nan
        return values

    def words(self, shape: tuple[int, ...], channels: int) -> Any:
        """Packed signs of [..., channels], and the floats they came from: where the shape fits."""
        values = self.random.standard_normal((*shape, channels)).astype(np.float32)
        return values, reference.pack(values)

    def pair(self) -> list[int]:
        pair = [int(self.random.integers(1, 4)) for _ in range(2)]
        if self.chance(40):
            pair[0] = int(self.random.choice([0, -1, 2**31 - 1]))
        return pair[:1] if self.chance(60) else pair

    def window(self) -> dict[str, Any]:
        dilations = self.pair() if self.chance(3) else [1, 1]
        padding = str(self.random.choice(["SAME", "VALID"]))
        pad_value = 7 if self.chance(40) else int(self.random.integers(2))
        return {"strides": self.pair(), "dilations": dilations, "padding": padding, "pad_value": pad_value}


def options(window: dict[str, Any]) -> dict[str, Any]:
    """The same as the reference takes it."""
    return {
        "strides": tuple(window["strides"]),
        "dilations": tuple(window["dilations"]),
        "padding": window["padding"].lower(),
        "pad_values": window["pad_value"],
    }


def conv2d(s: Shapes) -> Call:
    channels, filters = s.channels(), s.size(40)
    x = s.values(s.shape(s.size(3), s.size(), s.size(), channels))
    kernel = s.values(s.shape(s.size(4), s.size(4), channels, filters))
    window, check = s.window(), not s.chance(4)
    arguments = {"input": x, "kernel": kernel, "check_nan": check, **window}
    return Call("BnnBinaryConv2D", arguments, lambda: reference.conv2d(x, kernel, **options(window)))


def packed_conv2d(s: Shapes) -> Call:
    channels, filters = s.channels(), s.size(40)
    x, words = s.words((s.size(3), s.size(), s.size()), channels)
    kernel = s.random.standard_normal((s.size(4), s.size(4), channels, filters)).astype(np.float32)
    packed = np.moveaxis(reference.pack(np.moveaxis(kernel, 2, 3)), 3, 2)
    window = s.window()
    said = channels if not s.chance(10) else int(s.random.choice([0, -5, 64, 1000, 2**31 - 1]))
    arguments = {"input": words, "kernel": packed, "channels": said, **window}
    # Channels that take as many words are possible too; what then comes out is nobody's business.
    compare = (lambda: reference.conv2d(x, kernel, **options(window))) if said == channels else None
    if s.chance(2):
        return Call("BnnBinaryConv2DPacked", arguments, compare)
    thresholds = s.random.integers(-9, 9, s.shape(filters)).astype(np.int32)
    flips = s.random.choice(np.array([-1, 1], np.float32), filters)

    def signs() -> np.ndarray:
        sums = reference.conv2d(x, kernel, **options(window))
        return reference.pack(np.where((sums < thresholds) != (flips < 0), -1, 1).astype(np.float32))

    arguments |= {"thresholds": thresholds, "flips": reference.pack(flips)}
    return Call("BnnBinaryConv2DSigns", arguments, signs if compare else None)


def matmul(s: Shapes) -> Call:
    inputs, units = s.channels(), s.size(40)
    x, kernel = s.values(s.shape(s.size(), inputs)), s.values(s.shape(inputs, units))
    if s.chance(2):
        arguments = {"input": x, "kernel": kernel, "check_nan": not s.chance(4)}
        return Call("BnnBinaryMatMul", arguments, lambda: reference.sign(x) @ reference.sign(kernel))
    x, words = s.words((s.size(),), inputs)
    kernel = s.random.standard_normal((inputs, units)).astype(np.float32)
    said = inputs if not s.chance(10) else int(s.random.choice([0, -5, 1000]))
    arguments = {"input": words, "kernel": reference.pack(kernel.T).T, "channels": said}
    compare = (lambda: reference.sign(x) @ reference.sign(kernel)) if said == inputs else None
    return Call("BnnBinaryMatMulPacked", arguments, compare)


def pack(s: Shapes) -> Call:
    x = s.values(tuple(s.size(130) for _ in range(s.random.integers(0, 4))))
    check = not s.chance(4)
    if s.chance(2):
        return Call("BnnPack", {"input": x, "check_nan": check}, lambda: reference.pack(x))
    return Call(
        "BnnPackKernel",
        {"kernel": x, "check_nan": check},
        lambda: np.moveaxis(reference.pack(np.moveaxis(x, -2, -1)), -1, -2),
    )


def enormous(s: Shapes) -> Call:
    """Sizes beyond 2^31 products or values, of tensors that are themselves small."""
    side, window = int(s.random.choice([2**16, 2**20])), {"strides": [1, 1], "dilations": [1, 1], "pad_value": 1}
    if s.chance(3):  # few input pixels, an output of more than 2^31 values
        x, kernel = np.zeros((2**14, 1, 1, 1), np.float32), np.zeros((1, 1, 1, 2**18), np.float32)
        return Call("BnnBinaryConv2D", {"input": x, "kernel": kernel, "padding": "SAME", **window}, None)
    if s.chance(2):
        x, kernel = np.zeros((2**16, 1), np.float32), np.zeros((1, 2**16), np.float32)
        return Call("BnnBinaryMatMul", {"input": x, "kernel": kernel}, None)
    # An empty dimension lets the others be as large as they like.
    x = np.zeros((side, side, side, 0)[:: 1 if s.chance(2) else -1], np.float32)
    kernel = np.zeros((1, 1, x.shape[3], 3), np.float32) if x.shape[3] < 2**21 else np.zeros((1, 1, 1, 1), np.float32)
    return Call("BnnBinaryConv2D", {"input": x, "kernel": kernel, "padding": "SAME", **window}, None)


#: Op -> how to make a call of it. Each may give calls of several ops.
OPERATIONS: dict[str, Callable[[Shapes], Call]] = {
    "conv2d": conv2d,
    "packed_conv2d": packed_conv2d,
    "matmul": matmul,
    "pack": pack,
    "enormous": enormous,
}


def run(call: Call) -> str:
    """Makes the call and judges what comes of it: "equal", "refused" or "unknown"; raises AssertionError else."""
    function = getattr(library.load(), re.sub("(?<=[a-z])(?=[A-Z])|(?<=2D)(?=[A-Z])", "_", call.op).lower())
    if any(isinstance(value, np.ndarray) and value.dtype == np.float64 for value in call.arguments.values()):
        call = Call(call.op, call.arguments, None)  # TensorFlow refuses the type, or casts
    try:
        y = function(**call.arguments).numpy()
    except (tf.errors.InvalidArgumentError, ValueError) as error:
        message = str(error)
        # TensorFlow itself refuses wrong types and attributes, in words of its own.
        by_tensorflow = "cannot compute" in message or "attr" in message.lower()
        assert call.op in message or by_tensorflow, message
        return "refused"
    if call.expected is None:
        return "unknown"
    sizes = [value.size for value in call.arguments.values() if isinstance(value, np.ndarray)]
    steps = [step for value in call.arguments.values() if isinstance(value, list) for step in value]
    if y.size * max(sizes) <= LARGEST_COMPARED and max(steps, default=1) < 100:
        np.testing.assert_array_equal(y, call.expected())
        return "equal"
    return "unknown"


def describe(call: Call) -> str:
    """The call in one line: arrays as their types and shapes."""
    texts = [
        f"{name}={value.dtype}{list(value.shape)}" if isinstance(value, np.ndarray) else f"{name}={value!r}"
        for name, value in call.arguments.items()
    ]
    return f"{call.op}({', '.join(texts)})"


def main() -> None:
    """Calls until the seconds are over; prints how often what came out, or the call that went wrong."""
    seed, seconds = int(sys.argv[1]), float(sys.argv[2])
    outcomes: Counter[str] = Counter()
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end or number < 200:
        random = np.random.default_rng((seed, number))
        name = list(OPERATIONS)[number % len(OPERATIONS)]
        call = OPERATIONS[name](Shapes(random))
        print(f"seed {seed}, call {number}: {describe(call)}", file=sys.stderr, flush=True)
        outcomes[f"{call.op} {run(call)}"] += 1
        number += 1
    for outcome, count in sorted(outcomes.items()):
        print(f"{outcome} {count}")


if __name__ == "__main__":
    main()
