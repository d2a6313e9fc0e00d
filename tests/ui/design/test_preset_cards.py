from __future__ import annotations

from bnn_designer.design import BLOCK_KINDS
from bnn_designer.design.presets import PRESETS, PUBLISHED
from bnn_designer.ui.design.preset_cards import PresetCard, groups, help_text, preset_cards
from bnn_designer.ui.shared.look import KIND_GROUPS
from bnn_designer.units import UNKNOWN


def test_every_preset_is_in_one_group_by_its_image() -> None:
    found = groups()
    assert sorted(card.name for cards in found.values() for card in cards) == sorted(PRESETS)
    assert all(card.shape == (32, 32, 3) for card in found["CIFAR-10 size"])
    assert [card.name for card in found["Time series"]] == ["har-1d"]
    assert all(card.shape == (224, 224, 3) for card in found["ImageNet size"])


def figures(card: PresetCard) -> tuple[str, str, str]:
    return card.top1, card.size, card.latency


def test_published_figures_have_their_source_and_unknown_ones_a_dash() -> None:
    cards = {card.name: card for card in preset_cards()}
    assert figures(cards["quicknet"]) == ("63.3 %", "4.17 MB", "27.4 ms")
    assert PUBLISHED["quicknet"].source in help_text(cards["quicknet"])
    assert figures(cards["reactnet-a"]) == ("69.4 %", UNKNOWN, UNKNOWN)
    assert figures(cards["group-net-18"]) == (UNKNOWN, UNKNOWN, UNKNOWN)
    assert "own" in help_text(cards["quicknet-cifar"])


def test_the_palette_has_every_kind_once() -> None:
    assert sorted(kind for kinds in KIND_GROUPS.values() for kind in kinds) == sorted(BLOCK_KINDS)
