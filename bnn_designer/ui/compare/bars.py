"""Bars of one figure as HTML: they are there with the page, while a chart library takes seconds to load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from bnn_designer.ui.shared.look import CURVE_COLORS

#: What a bar is beside the base.
BarKind = Literal["base", "same", "less", "more"]

#: Blue for less, vermilion for more, gray for what both are compared with; the difference says the same in words.
_FILLS = {"base": "#767C89", "same": "#767C89", "less": CURVE_COLORS[0], "more": CURVE_COLORS[5]}
_CSS = """
.bnn-bars { display: grid; grid-template-columns: fit-content(17rem) minmax(6rem, 1fr) max-content; font-size: .85rem;
  gap: .35rem .8rem; font-variant-numeric: tabular-nums; }
.bnn-bars > div { display: grid; grid-column: 1 / -1; grid-template-columns: subgrid; align-items: center; }
.bnn-bars .name { overflow-wrap: anywhere; }
.bnn-bars .track { position: relative; height: 1.1rem; }
.bnn-bars .track i { position: absolute; top: 0; bottom: 0; }
.bnn-bars .bar { left: 0; min-width: 1px; border-radius: 0 .2rem .2rem 0; forced-color-adjust: none; }
.bnn-bars .mark { border-left: 2px dashed currentColor; top: -.2rem; bottom: -.2rem; }
.bnn-bars small { font-size: .8rem; opacity: .85; }
@media (max-width: 700px) { .bnn-bars { grid-template-columns: 8rem 1fr max-content; } }
"""


@dataclass(frozen=True)
class Bar:
    """One bar.

    Attributes:
        value: its length; not negative.
        text: the value in words.
        note: how it differs from the base, in words.
    """

    name: str
    value: float
    text: str
    note: str
    kind: BarKind


def bars_html(bars: Sequence[Bar], title: str) -> str:
    """The bars on one scale from zero, with a line at the length of the base."""
    longest = max((bar.value for bar in bars), default=0) or 1
    base = next((bar.value for bar in bars if bar.kind == "base"), None)
    mark = "" if base is None else f'<i class="mark" style="left:{100 * base / longest:.2f}%"></i>'
    lines = "".join(_line(bar, longest, mark) for bar in bars)
    return (
        f'<style>{_CSS}</style><div class="bnn-bars" role="list" aria-label="{escape(title, quote=True)}">{lines}</div>'
    )


def _line(bar: Bar, longest: float, mark: str) -> str:
    style = f"width:{100 * bar.value / longest:.2f}%;background:{_FILLS[bar.kind]}"
    note = f" <small>{escape(bar.note)}</small>" if bar.note else ""
    return (
        f'<div role="listitem"><span class="name">{escape(bar.name)}</span>'
        f'<span class="track" aria-hidden="true"><i class="bar" style="{style}"></i>{mark}</span>'
        f'<span class="value">{escape(bar.text)}{note}</span></div>'
    )
