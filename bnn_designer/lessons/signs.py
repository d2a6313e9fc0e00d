"""A binary layer's arithmetic in both forms: signs multiplied and added, and bits compared and counted.

A bit is 1 for -1 and 0 for +1, as everywhere in this program and in Larq Compute Engine. Two equal bits are a product
of +1, so with n signs, of which m pairs are equal, the sum is m - (n - m) = 2 m - n (Rastegari et al. 2016, arXiv
1603.05279, section 3.2). It is as odd or as even as n.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Signs = Sequence[int]
#: A picture of signs, row by row.
Image = Sequence[Sequence[int]]

#: What lesson 1 begins with: eight inputs and eight weights.
INPUTS: Signs = (1, -1, 1, 1, -1, -1, 1, -1)
WEIGHTS: Signs = (1, 1, -1, 1, -1, 1, 1, 1)

#: A picture of 8 x 8 drawn for the lesson: a bright ring. Bright is +1, dark is -1.
_DRAWING = (
    "........",
    "..####..",
    ".######.",
    ".##..##.",
    ".##..##.",
    ".######.",
    "..####..",
    "........",
)
RING: Image = tuple(tuple(1 if dot == "#" else -1 for dot in row) for row in _DRAWING)

#: Kernels of 3 x 3 to begin with, by what they look for.
KERNELS: dict[str, Signs] = {
    "dark above bright": (-1, -1, -1, 1, 1, 1, 1, 1, 1),
    "dark left of bright": (-1, 1, 1, -1, 1, 1, -1, 1, 1),
    "a bright spot": (-1, -1, -1, -1, 1, -1, -1, -1, -1),
    "all bright": (1, 1, 1, 1, 1, 1, 1, 1, 1),
}
KERNEL_SIZE = 3


def signs_of(pixels: npt.NDArray[np.uint8]) -> Image:
    """+1 where a pixel of uint8 [H, W, 3] is at least as bright as the mean of its picture, else -1.

    How bright it is: its three colors added up. In whole numbers, so that no rounding decides.
    """
    brightness = pixels.sum(axis=2, dtype=np.int64)
    bright = brightness * brightness.size >= brightness.sum()
    return tuple(tuple(1 if one else -1 for one in row) for row in bright.tolist())


def bits_of(signs: Signs) -> tuple[int, ...]:
    """1 for -1, 0 for +1."""
    return tuple(int(sign < 0) for sign in signs)


def multiply_and_add(inputs: Signs, weights: Signs) -> int:
    """The sum of the products, as a float layer computes it."""
    return sum(one * other for one, other in zip(inputs, weights, strict=True))


def compare_and_count(inputs: Signs, weights: Signs) -> int:
    """The same number by XNOR and popcount: 2 popcount(xnor) - n, of words of n bits."""
    pairs = zip(bits_of(inputs), bits_of(weights), strict=True)
    equal = sum(1 - (one ^ other) for one, other in pairs)
    return 2 * equal - len(inputs)


def window(image: Image, row: int, column: int) -> Signs:
    """The 3 x 3 signs whose upper left one is there, row by row."""
    places = range(KERNEL_SIZE)
    return tuple(image[row + down][column + across] for down in places for across in places)


def convolve(image: Image, kernel: Signs) -> tuple[tuple[int, ...], ...]:
    """A 3 x 3 convolution without padding: [H, W] signs and 9 weights, row by row, to [H - 2, W - 2] sums."""
    rows, columns = len(image) - KERNEL_SIZE + 1, len(image[0]) - KERNEL_SIZE + 1
    return tuple(
        tuple(compare_and_count(window(image, row, column), kernel) for column in range(columns)) for row in range(rows)
    )
