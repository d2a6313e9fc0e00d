"""The operations written out in NumPy, slowly and plainly: what the compiled kernels are tested against."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def below_zero(x: Floats) -> npt.NDArray[np.bool_]:
    """Where the sign is -1: not for 0, -0.0, NaN and subnormals, which TensorFlow counts as zero."""
    return x <= -np.finfo(np.float32).tiny


def sign(x: Floats) -> npt.NDArray[np.int64]:
    """-1 below zero, else +1."""
    return np.where(below_zero(x), -1, 1).astype(np.int64)


def same_padding(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """(before, after) along one side, as TensorFlow pads for "same": the larger half stands after."""
    out = -(-size // stride)
    total = max((out - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def conv2d(
    x: Floats,
    kernel: Floats,
    *,
    strides: tuple[int, int] = (1, 1),
    dilations: tuple[int, int] = (1, 1),
    padding: str = "valid",
    pad_values: int = 0,
) -> Floats:
    """conv2d(sign(x), sign(kernel)): x [N, H, W, C], kernel [kh, kw, C, F] -> [N, OH, OW, F]."""
    signs, weights = sign(x), sign(kernel)
    kernel_height, kernel_width, _, filters = kernel.shape
    if padding == "same":
        vertical = same_padding(x.shape[1], kernel_height, strides[0], dilations[0])
        horizontal = same_padding(x.shape[2], kernel_width, strides[1], dilations[1])
        signs = np.pad(signs, ((0, 0), vertical, horizontal, (0, 0)), constant_values=pad_values)
    batch, height, width, _ = signs.shape
    out_height = (height - (kernel_height - 1) * dilations[0] - 1) // strides[0] + 1
    out_width = (width - (kernel_width - 1) * dilations[1] - 1) // strides[1] + 1
    y = np.zeros((batch, out_height, out_width, filters), np.int64)
    for oy, ox, ky, kx in product(range(out_height), range(out_width), range(kernel_height), range(kernel_width)):
        pixel = signs[:, oy * strides[0] + ky * dilations[0], ox * strides[1] + kx * dilations[1]]
        y[:, oy, ox] += pixel @ weights[ky, kx]
    return y.astype(np.float32)


def pack(x: Floats) -> npt.NDArray[np.int64]:
    """Signs of the last dimension [..., C] as 64-bit words [..., ceil(C / 64)]: bit 1 below zero."""
    words = -(-x.shape[-1] // 64)
    bits = np.zeros((*x.shape[:-1], words * 64), np.uint8)
    bits[..., : x.shape[-1]] = below_zero(x)
    return np.packbits(bits, axis=-1, bitorder="little").view("<i8").astype(np.int64)
