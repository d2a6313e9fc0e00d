"""The contrast of the theme's colors, as WCAG 2.2 defines it; ``tests/browser`` looks at what is really drawn."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LEAST = 4.5  # success criterion 1.4.3, for text below 24 pixels

# Streamlit 1.67's own: the page, and the fields and code on it; captions are the text at this opacity.
PAGES = {"light": ("#FFFFFF", "#FDFDFD"), "dark": ("#171614", "#1E1D1A")}
TEXT = {"dark": "#EDEBE8"}
CAPTION = 0.6
WHITE = "#FFFFFF"

Color = tuple[float, float, float]


def theme(name: str) -> dict[str, str]:
    """The colors of one theme in the settings, without a reader of TOML, which Python 3.10 has not."""
    section = (ROOT / ".streamlit" / "config.toml").read_text().split(f"[theme.{name}]")[1].split("[")[0]
    return dict(re.findall(r'^(\w+) = "(#\w{6})"', section, re.MULTILINE))


def color(text: str) -> Color:
    red, green, blue = (int(text[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def luminance(value: Color) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in value]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(ink: Color, paper: Color) -> float:
    darker, lighter = sorted((luminance(ink), luminance(paper)))
    return (lighter + 0.05) / (darker + 0.05)


def faded(ink: str, paper: str, opacity: float) -> Color:
    mixed = [opacity * over + (1 - opacity) * under for over, under in zip(color(ink), color(paper), strict=True)]
    return mixed[0], mixed[1], mixed[2]


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast(color("#000000"), color(WHITE)) == pytest.approx(21)
    # what Streamlit's own text color, #2F2D2B, came to in captions on white: 3.88, as axe said
    assert contrast(faded("#2F2D2B", WHITE, CAPTION), color(WHITE)) == pytest.approx(3.88, abs=0.02)


@pytest.mark.parametrize("name", PAGES)
def test_text_captions_and_code_in_captions_can_be_read(name: str) -> None:
    colors = {"textColor": TEXT.get(name)} | theme(name)
    for paper in PAGES[name]:
        for ink in (colors["textColor"], colors["codeTextColor"]):
            assert ink is not None
            assert contrast(faded(ink, paper, CAPTION), color(paper)) >= LEAST


@pytest.mark.parametrize("name", PAGES)
def test_a_primary_button_can_be_read(name: str) -> None:
    assert contrast(color(WHITE), color(theme(name)["primaryColor"])) >= LEAST
