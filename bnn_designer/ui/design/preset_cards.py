"""What a list of presets shows of each: the image it is for, what it is, and what was published about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from bnn_designer.design.presets import PRESETS, PUBLISHED, preset, summary
from bnn_designer.units import UNKNOWN, shape_text

#: Groups in the order in which they are shown, by the largest side of the image that belongs to them; to none an image
#: of height 1, which is a time series.
_GROUPS: tuple[tuple[str, int], ...] = (("CIFAR-10 size", 64), ("Time series", 0), ("ImageNet size", 4096))


@dataclass(frozen=True)
class PresetCard:
    """One preset.

    Attributes:
        group: which images it is for: the first part of ``shape``'s meaning in words.
        text: what it is, in a sentence.
        top1, size, latency: as published, in words; a dash where nothing is known.
        sources: where the figures stand and which paper the network is from; "" where there is no paper.
    """

    name: str
    group: str
    shape: tuple[int, ...]
    text: str
    top1: str
    size: str
    latency: str
    sources: str


@cache
def preset_cards() -> tuple[PresetCard, ...]:
    """A card for every preset, in the order of the presets. Builds the documents, and computes no cost."""
    return tuple(_card(name) for name in PRESETS)


def groups() -> dict[str, tuple[PresetCard, ...]]:
    """The cards by group; groups without any are left out."""
    found = {name: tuple(card for card in preset_cards() if card.group == name) for name, _ in _GROUPS}
    return {name: cards for name, cards in found.items() if cards}


def _card(name: str) -> PresetCard:
    shape = preset(name).input_shape
    published = PUBLISHED.get(name)
    side = 0 if shape[0] == 1 else max(shape[:2])
    group = next(title for title, largest in _GROUPS if side <= largest and (side == 0) == (largest == 0))
    if published is None:
        return PresetCard(name, group, shape, summary(name), UNKNOWN, UNKNOWN, UNKNOWN, "")
    return PresetCard(
        name,
        group,
        shape,
        summary(name),
        UNKNOWN if published.top1_percent is None else f"{published.top1_percent:.1f} %",
        UNKNOWN if published.size_mb is None else f"{published.size_mb:.2f} MB",
        UNKNOWN if published.pixel1_ms is None else f"{published.pixel1_ms:.1f} ms",
        f"Paper: arXiv {published.paper}. Figures: {published.source}.",
    )


def help_text(card: PresetCard) -> str:
    """The sentence, the image and the sources, for a hover."""
    parts = (card.text, f"Image: {shape_text(card.shape)}.", card.sources or "A design of this project's own.")
    return " ".join(parts)
