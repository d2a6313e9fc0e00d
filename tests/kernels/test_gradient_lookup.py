"""The gradients' table lookup through its C interface: against sums in double, and between instruction sets."""

from __future__ import annotations

import ctypes
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings

from bnn_designer import kernels
from bnn_designer.kernels import library, reference
from bnn_designer.kernels.reference import Floats
from bnn_designer.kernels.sources import library_path
from tests.kernels.strategies import SMALL_MAPS, Convolution, convolutions

kernels.available()
ISAS = kernels.info().available_isas
LARGEST = {1: 25, 2: 6_553, 3: 1_677_721}  # (2^(8 planes - 1) - 1) // 5: a row's largest value in units of its scale
Doubles = npt.NDArray[np.float64]


def native_gradients(
    isa: str,
    case: Convolution,
    grad: Floats,
    planes: int,
    *,
    stochastic: bool = False,
    approx_sign: bool = False,
    threads: int = 1,
    operands: tuple[Floats, Floats] | None = None,
) -> tuple[Floats, Floats]:
    """(input's gradient, kernel's gradient)."""
    x, kernel = operands or case.operands()
    same = int(case.padding == "same")
    sizes = (*case.input_shape, *case.kernel_shape[:2], case.kernel_shape[3], *case.strides, *case.dilations)
    geometry = np.array([*sizes, same, case.pad_values], np.int64)
    # Not a number where nothing is written.
    out = np.full_like(x, np.nan), np.full_like(kernel, np.nan)
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in (geometry, x, kernel, grad, *out)]
    native = library.open_library(library_path()).native
    rounding = (ctypes.c_int(planes), ctypes.c_int(stochastic), ctypes.c_uint32(1), ctypes.c_int(approx_sign))
    call = native.bnn_conv2d_gradients
    assert call(isa.encode(), pointers[0], *rounding, ctypes.c_int64(threads), *pointers[1:]) == 0
    return out


def output_gradient(case: Convolution, values: Floats | None = None) -> Floats:
    x, kernel = case.operands()
    shape = reference.conv2d(x, kernel, **case.options).shape
    grad = np.random.default_rng(case.seed + 1).standard_normal(shape, dtype=np.float32)
    return grad if values is None else np.full(shape, values, np.float32)


def slope(x: Floats, approx_sign: bool) -> Doubles:
    size = np.abs(x.astype(np.float64))
    return np.where(size <= 1, 2 - 2 * size if approx_sign else 1.0, 0.0)


def exact_gradients(case: Convolution, grad: Floats, approx_sign: bool = False) -> tuple[Doubles, Doubles]:
    """The sums of gradient.h in double, tap by tap."""
    x, kernel = case.operands()
    signs, weights = reference.sign(x).astype(float), reference.sign(kernel).astype(float)
    sides = [(0, 0), (0, 0)]
    if case.padding == "same":
        sizes = zip(x.shape[1:3], kernel.shape[:2], case.strides, case.dilations, strict=True)
        sides = [reference.same_padding(*size) for size in sizes]
    signs = np.pad(signs, ((0, 0), *sides, (0, 0)), constant_values=case.pad_values)
    d_signs, d_weights = np.zeros_like(signs), np.zeros_like(weights)
    _, out_height, out_width, _ = grad.shape
    for ky, kx in product(range(kernel.shape[0]), range(kernel.shape[1])):
        rows = slice(ky * case.dilations[0], None, case.strides[0])
        columns = slice(kx * case.dilations[1], None, case.strides[1])
        seen = signs[:, rows, columns][:, :out_height, :out_width]
        d_weights[ky, kx] = np.tensordot(seen, grad.astype(float), ((0, 1, 2), (0, 1, 2)))
        d_signs[:, rows, columns][:, :out_height, :out_width] += grad.astype(float) @ weights[ky, kx].T
    (top, _), (left, _) = sides
    d_x = d_signs[:, top : top + x.shape[1], left : left + x.shape[2]]
    return d_x * slope(x, approx_sign), d_weights * slope(kernel, approx_sign)


@pytest.mark.parametrize("isa", ISAS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(case=convolutions(min_batch=1))
def test_error_is_within_the_rounding_of_each_value(isa: str, case: Convolution) -> None:
    # A value is off by half a unit of its row's scale at most (by one where rounding is random), and a sum by as much
    # for each of its terms; 4 eps per term leave room for float32 sums over rows.
    grad = output_gradient(case)
    largest, eps = np.abs(grad).max(initial=0), np.finfo(np.float32).eps
    terms = [case.kernel_shape[0] * case.kernel_shape[1] * grad.shape[3], grad[..., 0].size]
    for planes, stochastic, approx_sign in ((3, False, True), (2, True, False), (1, True, False)):
        unit = (1.0 if stochastic else 0.5) / LARGEST[planes]
        actual = native_gradients(isa, case, grad, planes, stochastic=stochastic, approx_sign=approx_sign)
        expected = exact_gradients(case, grad, approx_sign)
        for mine, exact, count in zip(actual, expected, terms, strict=True):
            np.testing.assert_allclose(mine, exact, rtol=0, atol=2 * largest * count * (unit + 4 * eps))


@pytest.mark.parametrize("isa", ISAS)
def test_kernels_larger_than_the_image(isa: str) -> None:
    for case in SMALL_MAPS:
        grad = output_gradient(case)
        actual = native_gradients(isa, case, grad, planes=3, approx_sign=True, threads=2)
        for mine, exact in zip(actual, exact_gradients(case, grad, approx_sign=True), strict=True):
            np.testing.assert_allclose(mine, exact, rtol=0, atol=2e-5 * max(1, np.abs(exact).max()), err_msg=str(case))


ROWS, VALUES = 37, 70  # more than a register, and a chunk of a table, hold; neither is a whole number of them


def recovered_steps(isa: str, wanted: Doubles, planes: int, stochastic: bool) -> tuple[Doubles, Doubles]:
    """What each value of a row becomes in units of the row's scale, in the input's and in the kernel's gradient.

    The first two values of a row are its largest and cancel out, so that sums stay small and floats hold them exactly.
    Sum c has the signs of sum 0 but for value c: half of their difference is what the value was made to.
    """
    size = np.random.default_rng(5).uniform(0.5, 2, (ROWS, 1))
    rows = (wanted * size / LARGEST[planes]).astype(np.float32)
    rows[:, :2] = size
    signs = np.full((VALUES, VALUES + 1), 0.5, np.float32)
    signs[1] = -0.5
    signs[np.arange(2, VALUES), np.arange(2, VALUES)] *= -1  # sums 1 and VALUES are like sum 0
    scale = size / LARGEST[planes]

    # A pixel's row are its filters: dx[pixel, c] = sum over f of grad[pixel, f] w[c, f].
    case = Convolution((1, 1, ROWS, VALUES + 1), (1, 1, VALUES + 1, VALUES), (1, 1), (1, 1), "valid", 0, seed=0)
    operands = np.full(case.input_shape, 0.5, np.float32), signs.T[None, None].copy()
    of_input = native_gradients(isa, case, rows[None, None], planes, stochastic=stochastic, operands=operands)[0]
    # A filter's row are its pixels: dw[c, filter] = sum over p of x[p, c] grad[p, filter].
    case = Convolution((1, 1, VALUES, VALUES + 1), (1, 1, VALUES + 1, ROWS), (1, 1), (1, 1), "valid", 0, seed=0)
    operands = signs[None, None], np.full(case.kernel_shape, 0.5, np.float32)
    grad = rows.T[None, None].copy()
    of_kernel = native_gradients(isa, case, grad, planes, stochastic=stochastic, operands=operands)[1]

    sums = of_input[0, 0].astype(float), of_kernel[0, 0].T.astype(float)
    first, second = ((one[:, :1] - one[:, 2:VALUES]) / (2 * scale) for one in sums)
    return first, second


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("planes", LARGEST)
@pytest.mark.parametrize("stochastic", [False, True])
def test_each_value_becomes_a_step_beside_it(isa: str, planes: int, stochastic: bool) -> None:
    """Value by value: the bound of a whole sum hides what goes wrong in its terms, and AVX-512 rounds on its own."""
    draw = np.random.default_rng(6)
    span = min(LARGEST[planes], 1000)
    wanted = draw.uniform(-span, span, (ROWS, VALUES))
    halves = slice(2, VALUES // 2)
    wanted[:, halves] = draw.integers(-span, span, (ROWS, 1)) + 0.5
    for steps in recovered_steps(isa, wanted, planes, stochastic):
        np.testing.assert_allclose(steps, steps.round(), rtol=0, atol=0.02)
        error = steps.round() - wanted[:, 2:]
        assert np.abs(error).max() <= (1 if stochastic else 0.5) + 1e-3
        if not stochastic:
            continue
        # Up with the probability of the part behind the point: no error on average, and f (1 - f) of variance, which
        # is 1/4 at most; 5 deviations of the mean are allowed. Equal values go both ways (all alike: 1 in 2^32).
        assert abs(error.mean()) <= 5 * 0.5 / error.size**0.5
        equal = steps.round()[:, : halves.stop - 2]
        assert (equal.min(axis=1) + 1 == equal.max(axis=1)).all()


@settings(max_examples=25, deadline=None, derandomize=True)
@given(case=convolutions(min_batch=1))
def test_every_instruction_set_and_number_of_threads_gives_the_same_bits(case: Convolution) -> None:
    grad = output_gradient(case)
    for planes in LARGEST:
        expected = native_gradients("portable", case, grad, planes, stochastic=planes < 3)
        for isa, threads in product(ISAS, (1, 3)):
            actual = native_gradients(isa, case, grad, planes, stochastic=planes < 3, threads=threads)
            for mine, theirs in zip(actual, expected, strict=True):
                np.testing.assert_array_equal(mine, theirs)


BATCH_OF_IMAGES = Convolution((4, 12, 12, 128), (3, 3, 128, 96), (1, 1), (1, 1), "same", 0, seed=1)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize(("planes", "most"), [(3, 1e-6), (2, 1e-3), (1, 0.05)])
def test_error_of_a_layer(isa: str, planes: int, most: float) -> None:
    grad = output_gradient(BATCH_OF_IMAGES)
    actual = native_gradients(isa, BATCH_OF_IMAGES, grad, planes, stochastic=planes < 3)
    for mine, exact in zip(actual, exact_gradients(BATCH_OF_IMAGES, grad), strict=True):
        assert np.linalg.norm(mine - exact) <= most * np.linalg.norm(exact)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("filters", [1024, 1025, 2100])  # a row of tables has 1024 values
def test_many_filters(isa: str, filters: int) -> None:
    case = Convolution((5, 1, 1, 70), (1, 1, 70, filters), (1, 1), (1, 1), "valid", 0, seed=2)
    grad = output_gradient(case)
    for mine, exact in zip(native_gradients(isa, case, grad, 3), exact_gradients(case, grad), strict=True):
        assert np.linalg.norm(mine - exact) <= 1e-6 * np.linalg.norm(exact)


@pytest.mark.parametrize("isa", ISAS)
def test_wide_images_have_lines_of_several_parts(isa: str) -> None:
    case = Convolution((2, 3, 1300, 5), (3, 3, 5, 4), (1, 1), (1, 1), "same", 1, seed=3)
    grad = output_gradient(case)
    for mine, exact in zip(native_gradients(isa, case, grad, 3), exact_gradients(case, grad), strict=True):
        assert np.linalg.norm(mine - exact) <= 1e-6 * np.linalg.norm(exact)


@pytest.mark.parametrize("planes", [1, 2])
def test_random_rounding_is_unbiased(planes: int) -> None:
    # 0.3 of the row's largest value lies between two integers. Rounding to the nearer would be off by about 0.5 units
    # in each of 999 terms; at random, a sum's deviation is 0.5 sqrt(999) units at most, and 1/20 of that in the mean of
    # 400 independent ones. Five of those.
    case = Convolution((400, 1, 1, 1), (1, 1, 1, 1000), (1, 1), (1, 1), "valid", 0, seed=4)
    value = (int(0.3 * LARGEST[planes]) + 0.5) / LARGEST[planes]
    grad = output_gradient(case, np.array([1.0] + [value] * 999, np.float32))
    ones = np.full(case.input_shape, 0.5, np.float32), np.full(case.kernel_shape, 0.5, np.float32)
    d_x, _ = native_gradients(ISAS[0], case, grad, planes, stochastic=True, operands=ones)
    assert len(np.unique(d_x)) > 20  # noise, not one number
    assert abs(d_x.mean() - (1 + 999 * value)) < 5 * 0.5 * np.sqrt(999) / 20 / LARGEST[planes]


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_finite_is_not_hidden(isa: str, wrong: float) -> None:
    case = Convolution((1, 6, 6, 20), (3, 3, 20, 30), (1, 1), (1, 1), "same", 0, seed=5)
    grad = output_gradient(case)
    grad[0, 2, 3, 7] = wrong
    inside = np.full(case.input_shape, 0.5, np.float32), np.full(case.kernel_shape, 0.5, np.float32)
    d_x, d_kernel = native_gradients(isa, case, grad, 3, operands=inside)
    reached = np.zeros((6, 6), bool)
    reached[1:4, 2:5] = True
    np.testing.assert_array_equal(np.isnan(d_x[0]).all(-1), reached)
    np.testing.assert_array_equal(np.isnan(d_x[0]).any(-1), reached)
    assert np.isnan(d_kernel[..., 7]).all()
    assert np.isfinite(np.delete(d_kernel, 7, axis=-1)).all()


@pytest.mark.parametrize("isa", ISAS)
def test_gradients_below_1e30_count_as_zero(isa: str) -> None:
    case = Convolution((1, 2, 2, 3), (1, 1, 3, 4), (1, 1), (1, 1), "valid", 0, seed=6)
    for gradient in native_gradients(isa, case, output_gradient(case, np.float32(9e-31)), 3):
        np.testing.assert_array_equal(gradient, 0 * gradient)
    d_x, _ = native_gradients(isa, case, output_gradient(case, np.float32(1e-29)), 3)
    assert np.abs(d_x).max() > 0


def test_unknown_instruction_set_is_refused() -> None:
    native = library.open_library(library_path()).native
    assert native.bnn_conv2d_gradients(b"mmx", None, 3, 0, 0, 0, ctypes.c_int64(1), None, None, None, None, None) == 1
