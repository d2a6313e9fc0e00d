"""Sums of a trained binary layer, counted: what the histogram of lesson 5 is made of.

Layer binary_conv_3 (3 x 3 over 32 channels of signs, 64 filters) of the narrow BinaryNet in full precision at both
ends, seed 0 of the result ``first-last-narrow``, after its ten epochs, over the first 500 test images of CIFAR-10 (JPEG
re-encoded): 500 x 15 x 15 sums a filter. Counted on 28 November 2026 by ``python -m bnn_designer.bench.lesson_sums
MODEL.keras --filters 0,9,15``.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Of each sum: 3 x 3 over 32 channels.
PRODUCTS = 288
#: Of the layer's batch norms; they have no gamma of their own, so it is 1.
EPSILON = 0.001
#: Of all 64 filters: the share of the sums that lie between -1 and 1, and of what the batch norms make of them.
SUMS_WITHIN_ONE, NORMALIZED_WITHIN_ONE = 0.0263, 0.6605


@dataclass(frozen=True)
class FilterSums:
    """One filter.

    Attributes:
        number: its place among the layer's filters, from 0.
        mean, variance: that its batch norm remembers of the training images.
        beta: as trained.
        lowest: the lowest sum that occurred.
        counts: how often each sum did: ``lowest``, ``lowest`` + 2, and so on, as all sums are even.
    """

    number: int
    mean: float
    variance: float
    beta: float
    lowest: int
    counts: tuple[int, ...]


# fmt: off
FILTERS: tuple[FilterSums, ...] = (
    FilterSums(0, 29.5483, 603.3398, 0.7659, -86, (
        1, 1, 2, 4, 1, 1, 2, 6, 3, 11, 5, 4, 13, 15, 15, 25, 45, 26, 43, 53, 73, 80, 84, 95, 130, 154, 183, 184,
        254, 281, 300, 326, 397, 493, 531, 640, 679, 791, 902, 1019, 1111, 1212, 1374, 1508, 1656, 1840, 1988, 2202,
        2277, 2402, 2629, 2696, 2786, 2983, 3133, 3260, 3267, 3323, 3399, 3295, 3430, 3541, 3458, 3436, 3413, 3334,
        3275, 3188, 3071, 2900, 2686, 2621, 2390, 2198, 2043, 1796, 1635, 1406, 1263, 1034, 845, 696, 553, 459, 362,
        309, 206, 176, 146, 119, 95, 53, 46, 32, 20, 14, 20, 7, 3, 3, 3, 2,
    )),
    FilterSums(9, 0.4789, 356.9965, -0.2388, -90, (
        1, 0, 0, 0, 0, 1, 0, 1, 1, 5, 6, 10, 12, 17, 33, 20, 47, 73, 66, 88, 138, 183, 242, 304, 380, 438, 576, 689,
        868, 991, 1150, 1370, 1575, 1835, 2099, 2308, 2619, 2902, 3290, 3437, 3822, 4208, 4351, 4650, 4683, 4850,
        4919, 4830, 4707, 4631, 4436, 4247, 4022, 3814, 3467, 3114, 2773, 2411, 1977, 1706, 1492, 1161, 936, 756,
        635, 483, 431, 294, 239, 166, 145, 113, 77, 54, 45, 18, 23, 13, 13, 3, 3, 4, 0, 1, 0, 0, 1, 0, 0, 1,
    )),
    FilterSums(15, -26.3294, 612.2656, 0.0293, -112, (
        1, 1, 2, 2, 7, 9, 19, 20, 30, 41, 64, 74, 136, 176, 218, 324, 386, 540, 655, 810, 1017, 1063, 1169, 1329,
        1548, 1653, 1799, 2054, 2230, 2369, 2444, 2681, 2673, 2817, 2974, 3002, 3143, 3324, 3329, 3358, 3388, 3429,
        3393, 3324, 3292, 3314, 3252, 3145, 2977, 2856, 2968, 2636, 2526, 2352, 2155, 2057, 1829, 1735, 1586, 1451,
        1250, 1121, 998, 835, 762, 717, 626, 516, 437, 370, 270, 274, 229, 189, 133, 123, 99, 81, 68, 61, 40, 40,
        23, 18, 16, 12, 9, 5, 7, 3, 7, 2, 1, 1, 1,
    )),
)
# fmt: on
