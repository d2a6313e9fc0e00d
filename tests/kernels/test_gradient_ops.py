"""The gradient ops in TensorFlow: what they keep from the forward pass, how exact they are, what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bnn_designer import kernels
from bnn_designer.kernels import library, ops
from tests.kernels import forked
from tests.kernels.test_library import ISAS

MODULE = library.load()


def values(seed: int, *shape: int) -> Any:
    return tf.constant(np.random.default_rng(seed).standard_normal(shape), tf.float32)


def gradients(x: Any, kernel: Any, **options: Any) -> list[Any]:
    with tf.GradientTape() as tape:
        tape.watch([x, kernel])
        y = ops.binary_conv2d(x, kernel, padding="same", **options)
        loss = tf.reduce_sum(values(9, *y.shape) * y)
    return tape.gradient(loss, [x, kernel])


@pytest.mark.parametrize(("name", "most"), [("int16", 1e-3), ("int8", 0.1)])
def test_fast_gradients_are_near_the_exact_ones_and_the_same_each_time(name: str, most: float) -> None:
    x, kernel = values(1, 4, 8, 8, 64), values(2, 3, 3, 64, 48)
    exact, once, again = (gradients(x, kernel, gradients=how) for how in ("float", name, name))
    for want, first, second in zip(exact, once, again, strict=True):
        error = np.linalg.norm(first - want) / np.linalg.norm(want)
        assert 0 < error <= most
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", ["int16", "int8"])
def test_each_seed_rounds_otherwise(name: str) -> None:
    x, kernel = values(1, 4, 8, 8, 64), values(2, 3, 3, 64, 48)
    one, again, two = (gradients(x, kernel, gradients=name, seed=seed) for seed in (1, 1, 2))
    for first, second, other in zip(one, again, two, strict=True):
        np.testing.assert_array_equal(first, second)
        assert np.mean(first.numpy() != other.numpy()) > 0.5


def test_exact_gradients_know_no_seed() -> None:
    x, kernel = values(1, 2, 5, 5, 64), values(2, 3, 3, 64, 8)
    for first, other in zip(gradients(x, kernel, seed=1), gradients(x, kernel, seed=2), strict=True):
        np.testing.assert_array_equal(first, other)


@pytest.mark.parametrize("name", ["int16", "int8"])
def test_seeds_round_independently_and_without_bias(name: str) -> None:
    """The error of a mean over n seeds is the root of n times smaller than one seed's."""
    x, kernel = values(1, 2, 8, 8, 64), values(2, 3, 3, 64, 24)
    exact, count = gradients(x, kernel), 64
    of_seeds = [gradients(x, kernel, gradients=name, seed=seed) for seed in range(count)]
    for want, *rounded in zip(exact, *of_seeds, strict=True):
        single = np.mean([np.linalg.norm(one - want) for one in rounded])
        assert np.linalg.norm(np.mean(rounded, axis=0) - want) < 1.2 * single / count**0.5


def test_unknown_precision() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"binary_conv2d: gradients is 'int4'.*\"int8\""):
        ops.binary_conv2d(values(1, 1, 3, 3, 2), values(2, 1, 1, 2, 2), gradients="int4")  # type: ignore[arg-type]
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"binary_matmul: gradients is 'int4'"):
        ops.binary_matmul(values(1, 1, 2), values(2, 2, 2), gradients="int4")  # type: ignore[arg-type]


@pytest.mark.parametrize("product", ["conv2d", "matmul"])
@pytest.mark.parametrize("ste", ["ste_sign", "approx_sign"])
def test_the_float_input_is_not_kept_for_the_gradient(product: str, ste: str) -> None:
    """Of ste_sign only the forward op reads the float input, so it can be freed after the forward pass."""
    shapes = ((2, 4, 4, 70), (3, 3, 70, 5)) if product == "conv2d" else ((4, 70), (70, 5))

    @tf.function
    def step(x: Any, kernel: Any) -> Any:
        hidden = tf.multiply(x, 2.0, name="hidden")
        return tf.gradients(getattr(ops, f"binary_{product}")(hidden, kernel, input_ste=ste), [x, kernel])

    graph = step.get_concrete_function(*map(tf.TensorSpec, shapes)).graph
    readers = {op.type for op in graph.get_tensor_by_name("hidden:0").consumers()}
    forward = {"conv2d": "BnnBinaryConv2DTraining", "matmul": "BnnBinaryMatMulTraining"}[product]
    assert forward in readers
    assert (readers == {forward}) == (ste == "ste_sign")


def test_without_gradient_the_plain_op_runs() -> None:
    x, kernel = values(1, 2, 4, 4, 70), values(2, 3, 3, 70, 5)
    plain = tf.function(lambda x, kernel: ops.binary_conv2d(x, kernel, differentiable=False))
    types = {op.type for op in plain.get_concrete_function(x, kernel).graph.get_operations()}
    assert "BnnBinaryConv2D" in types
    np.testing.assert_array_equal(plain(x, kernel), ops.binary_conv2d(x, kernel))


def words(*shape: int) -> Any:
    return tf.zeros(shape, tf.int64)


WRONG: dict[str, tuple[Any, str]] = {
    "rank": (
        lambda: MODULE.bnn_binary_conv2d_kernel_gradient(
            gradient=values(1, 2, 3, 3), input=words(2, 5, 5, 1), kernel=values(2, 3, 3, 4, 6)
        ),
        r"BnnBinaryConv2DKernelGradient: .*must have 4 dimensions \(gradient \[2,3,3\]",
    ),
    "not the output's gradient": (
        lambda: MODULE.bnn_binary_conv2d_kernel_gradient(
            gradient=values(1, 2, 5, 5, 6), input=words(2, 5, 5, 1), kernel=values(2, 3, 3, 4, 6)
        ),
        r"shape of the forward op's output, \[2,3,3,6\]",
    ),
    "words of the input": (
        lambda: MODULE.bnn_binary_conv2d_kernel_gradient(
            gradient=values(1, 2, 3, 3, 6), input=words(2, 5, 5, 2), kernel=values(2, 3, 3, 4, 6)
        ),
        r"4 channels take 1 words",
    ),
    "words of the kernel": (
        lambda: MODULE.bnn_binary_conv2d_input_gradient(
            gradient=values(1, 2, 3, 3, 6),
            kernel_words=words(3, 3, 2, 6),
            kernel=values(2, 3, 3, 4, 6),
            input=words(2, 5, 5, 1),
        ),
        r"BnnBinaryConv2DInputGradient: .*its words \[3,3,2,6\]",
    ),
    "channels of a float input": (
        lambda: MODULE.bnn_binary_conv2d_input_gradient(
            gradient=values(1, 2, 3, 3, 6),
            kernel_words=words(3, 3, 1, 6),
            kernel=values(2, 3, 3, 4, 6),
            input=values(3, 2, 5, 5, 5),
        ),
        r"4 channels",
    ),
    "kernel larger than the input": (
        lambda: MODULE.bnn_binary_conv2d_kernel_gradient(
            gradient=values(1, 2, 3, 3, 6), input=words(2, 2, 2, 1), kernel=values(2, 3, 3, 4, 6)
        ),
        r"must fit into the input",
    ),
    "matmul's gradient": (
        lambda: MODULE.bnn_binary_mat_mul_kernel_gradient(
            gradient=values(1, 2, 7), input=words(2, 1), kernel=values(2, 4, 6)
        ),
        r"BnnBinaryMatMulKernelGradient: .*output, \[2,6\]",
    ),
    "matmul's words": (
        lambda: MODULE.bnn_binary_mat_mul_input_gradient(
            gradient=values(1, 2, 6), kernel_words=words(1, 5), kernel=values(2, 4, 6), input=words(2, 1)
        ),
        r"BnnBinaryMatMulInputGradient: .*its words \[1,5\]",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_shapes_are_refused(name: str) -> None:
    call, message = WRONG[name]
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        call()
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match=message):
        tf.function(call).get_concrete_function()


COMPUTE_AND_TELL = """
import tensorflow as tf
from bnn_designer import kernels
from bnn_designer.kernels import library, ops
from bnn_designer.kernels.sources import library_path
x, kernel = tf.ones((2, 4, 4, 70)), -tf.ones((3, 3, 70, 5))
with tf.GradientTape() as tape:
    tape.watch([x, kernel])
    y = ops.binary_conv2d(x, kernel)
d_x, d_kernel = tape.gradient(y, [x, kernel])
assert (d_x.numpy()[:, 0, 0] == -5).all() and (d_kernel.numpy() == 2 * 2 * 2).all()
native = library.open_library(library_path()).native
print(*[isa for isa in kernels.info().available_isas if native.bnn_lookup_calls(isa.encode()) > 0])
"""


@pytest.fixture(scope="module")
def ran() -> dict[str, str]:
    """What each instruction set of this processor said when it was forced: the sets that ran."""
    isas = kernels.info().available_isas
    outputs = forked.outputs(COMPUTE_AND_TELL, [{"BNN_KERNELS": isa} for isa in isas])
    return dict(zip(isas, outputs, strict=True))


@pytest.mark.parametrize("isa", ISAS)
def test_bnn_kernels_forces_the_gradients_instruction_set_too(isa: str, ran: dict[str, str]) -> None:
    if isa not in ran:
        pytest.skip(f"this processor has no {isa}")
    assert ran[isa].split() == [isa]
