from __future__ import annotations

import itertools

import pytest

from bnn_designer.picture.colors import ink_on, luminance


def test_luminance_is_that_of_the_standard() -> None:
    assert [luminance(color) for color in ((0, 0, 0), (255, 255, 255))] == pytest.approx([0, 1])
    assert luminance((255, 0, 0)) == pytest.approx(0.2126)
    # 188 of 255 is 0.7373: ((0.7373 + 0.055) / 1.055)^2.4 = 0.7510^2.4 = 0.5029
    assert luminance((188, 188, 188)) == pytest.approx(0.5029, abs=1e-4)
    assert luminance((5, 5, 5)) == pytest.approx(5 / 255 / 12.92)


def test_black_or_white_can_be_read_on_any_color() -> None:
    """At least 4.5 to 1, WCAG's success criterion 1.4.3; the least is the root of 21."""
    for color in itertools.product(range(0, 256, 15), repeat=3):
        paper, ink = luminance(color), ink_on(color)
        contrast = 1.05 / (paper + 0.05) if ink == "#FFFFFF" else (paper + 0.05) / 0.05
        assert contrast >= 21**0.5 - 1e-9, color
