"""Figures opened to their formulas, in the terminal."""

from __future__ import annotations

from rich.console import Console

from bnn_designer.cost.formula import Formula


def print_formulas(found: tuple[Formula, ...], target: str, console: Console) -> None:
    """Each figure as name = words = numbers = value, and its source."""
    console.print(f"\nFormulas of {target}", highlight=False, markup=False)
    for one in found:
        console.print(f"  {one}", highlight=False, markup=False, soft_wrap=True)
        console.print(f"      by {one.source}", highlight=False, markup=False, soft_wrap=True)
    if not found:
        console.print("  It has no weights, multiply-accumulates or tensors of its own.", highlight=False)
