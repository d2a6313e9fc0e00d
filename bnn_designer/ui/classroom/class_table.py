"""A table of HTML on the teacher's page: there with the page, and read aloud; all text in it is to be escaped."""

from __future__ import annotations

from html import escape

from bnn_designer.ui.shared.look import CURVE_COLORS

_CSS = f"""
.bnn-class {{ overflow-x: auto; }}
.bnn-class table {{ border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }}
.bnn-class :is(th, td) {{ padding: .45rem .7rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }}
.bnn-class thead th {{ font-weight: 600; vertical-align: bottom; }}
.bnn-class a {{ color: inherit; }}
.bnn-class .number {{ text-align: right; white-space: nowrap; }}
.bnn-class tbody th {{ font-weight: 400; min-width: 11rem; }}
.bnn-class p {{ margin: 0 0 .3rem; font-size: .85rem; max-width: 44rem; }}
.bnn-class ul {{ margin: 0; padding: 0; list-style: none; }}
.bnn-class li {{ display: grid; grid-template-columns: 1.2rem minmax(8rem, 26rem) 8rem 2rem; gap: .5rem;
  align-items: center; margin: 0; font-size: .85rem; }}
.bnn-class li i {{ display: block; height: .8rem; min-width: 1px; border-radius: 0 .2rem .2rem 0; background: #767C89;
  forced-color-adjust: none; }}
.bnn-class li.right {{ font-weight: 600; }}
.bnn-class li.right i {{ background: {CURVE_COLORS[2]}; }}
.bnn-class .step {{ text-align: center; }}
.bnn-class .hidden {{ position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }}
"""


def head(*columns: tuple[str, str]) -> str:
    """Cells of a table's head, each of its HTML and the class of its style ("": none)."""
    return "".join(f'<th scope="col" class="{kind}">{title}</th>' for title, kind in columns)


def table(title: str, columns: str, rows: str) -> str:
    """A table.

    Args:
        title: what it is, for who does not see it.
        columns: of :func:`head`.
        rows: the HTML of the rows.
    """
    return (
        f'<style>{_CSS}</style><div class="bnn-class" role="group" tabindex="0" aria-label="{escape(title)}"><table>'
        f"<thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
