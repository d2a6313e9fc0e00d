"""Every instruction set of this processor, through the C interface, against plain NumPy."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from hypothesis import given, settings

from bnn_designer import kernels
from bnn_designer.kernels import library, reference
from bnn_designer.kernels.selftest import native_conv2d
from bnn_designer.kernels.sources import SOURCE_DIR, library_path
from bnn_designer.kernels.toolchain import INSTRUCTION_SETS, InstructionSet
from tests.kernels.strategies import CHANNELS, SMALL_MAPS, Convolution, convolutions

kernels.available()
ISAS = kernels.info().available_isas


def test_portable_kernels_are_there_and_come_last() -> None:
    assert ISAS[-1] == "portable"


@pytest.mark.parametrize("isa", INSTRUCTION_SETS, ids=lambda isa: isa.name)
def test_what_a_set_is_compiled_with_is_asked_of_the_processor(isa: InstructionSet) -> None:
    """Else a set would run, and end with a signal, where a processor lacks what an unknown flag lets it use."""
    known = (SOURCE_DIR / "isa" / "cpu.h").read_text()
    for flag in isa.flags:
        assert f"#ifdef __{flag.removeprefix('-m').upper()}__" in known


def check(isa: str, case: Convolution) -> None:
    x, kernel = case.operands()
    expected = reference.conv2d(x, kernel, **case.options)
    actual = native_conv2d(isa, x, kernel, case.strides, case.dilations, case.padding, case.pad_values, expected.shape)
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("isa", ISAS)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(case=convolutions())
def test_convolution(isa: str, case: Convolution) -> None:
    check(isa, case)


@pytest.mark.parametrize("isa", ISAS)
def test_kernels_larger_than_the_image(isa: str) -> None:
    for case in SMALL_MAPS:
        check(isa, case)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("filters", range(1, 71))
def test_every_number_of_filters(isa: str, filters: int) -> None:
    check(isa, Convolution((1, 3, 3, 33), (2, 2, 33, filters), (1, 1), (1, 1), "same", 0, seed=filters))


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("rows", range(1, 14))
def test_every_number_of_rows(isa: str, rows: int) -> None:
    check(isa, Convolution((1, rows, 1, 65), (1, 1, 65, 40), (1, 1), (1, 1), "valid", 0, seed=rows))


@pytest.mark.parametrize("isa", ISAS)
def test_long_sums_do_not_overflow(isa: str) -> None:
    # AVX2 counts in bytes (63 nibbles of up to 4), then in 16 bits (65,535): two full rounds and a bit of both.
    inputs = 2 * 65_520 + 4 * 63 + 1
    x, kernel = np.ones((1, 1, 1, inputs), np.float32), -np.ones((1, 1, inputs, 3), np.float32)
    actual = native_conv2d(isa, x, kernel, (1, 1), (1, 1), "valid", 0, (1, 1, 1, 3))
    np.testing.assert_array_equal(actual, np.full((1, 1, 1, 3), -inputs, np.float32))


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("channels", CHANNELS)
def test_packing(isa: str, channels: int) -> None:
    case = Convolution((2, 3, 3, channels), (1, 1, channels, 1), (1, 1), (1, 1), "valid", 0, seed=channels)
    x = case.operands()[0]
    words = np.full((2, 3, 3, -(-channels // 64)), -1, np.int64)
    native = library.open_library(library_path()).native
    x_pointer, out_pointer = ctypes.c_void_p(x.ctypes.data), ctypes.c_void_p(words.ctypes.data)
    result = native.bnn_pack_rows(
        isa.encode(), x_pointer, ctypes.c_int64(2 * 3 * 3), ctypes.c_int64(channels), out_pointer
    )
    assert result == 0
    np.testing.assert_array_equal(words, reference.pack(x))


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("operand", [0, 1])
def test_nan_is_seen_wherever_it_stands(isa: str, channels: int, operand: int) -> None:
    for position in {0, channels // 2, channels - 1}:
        operands = (np.ones((1, 1, 1, channels), np.float32), np.ones((1, 1, channels, 5), np.float32))
        (operands[0][0, 0, 0] if operand == 0 else operands[1][0, 0, :, 4])[position] = np.nan
        with pytest.raises(ValueError, match="NaN"):
            native_conv2d(isa, *operands, (1, 1), (1, 1), "valid", 0, (1, 1, 1, 5))


def test_unknown_instruction_set_is_refused() -> None:
    one = np.ones((1, 1, 1, 1), np.float32)
    with pytest.raises(ValueError, match="cannot run it"):
        native_conv2d("mmx", one, one, (1, 1), (1, 1), "valid", 0, (1, 1, 1, 1))


def test_self_test_covers_every_instruction_set() -> None:
    result = kernels.self_test()
    assert result.ok
    assert {case.isa for case in result.cases} == set(ISAS)
    assert len(result.cases) >= 12 * len(ISAS)
