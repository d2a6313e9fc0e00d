"""What a result is of, in a line: data, engine, gradients, seed, machine, version, threads, date."""

from __future__ import annotations

from collections.abc import Iterable

from bnn_designer.ui.shared.look import escape_markdown


def circumstances_text(items: Iterable[tuple[str, str]]) -> str:
    """Names and texts, such as those of :class:`bnn_designer.runs.about.About`, as Markdown: ``seed **0** · ...``."""
    return " · ".join(f"{name} **{escape_markdown(text)}**" for name, text in items)
