"""The presets as the start page shows them: picture, published and counted figures, what they are found by."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from bnn_designer.cost import CostReport, DeployedCost, cost
from bnn_designer.design.presets import PUBLISHED, preset
from bnn_designer.ui.design.preset_cards import PresetCard, help_text, preset_cards
from bnn_designer.ui.design.start.for_cifar import HELP, LABEL, for_cifar
from bnn_designer.ui.design.start.thumbnail import has_shortcuts, thumbnail
from bnn_designer.units import UNKNOWN, bytes_text, count_text

#: Ends of the classes of files that one can filter by, in bytes.
FILE_SIZES: tuple[int, ...] = (2**18, 2**20, 5 * 2**20)


@dataclass(frozen=True)
class Exhibit:
    """One preset in the gallery; the browser gets it as it is.

    Attributes:
        group: which images it is for.
        text: what it is, in a sentence.
        picture: an SVG element without any text of a person's.
        published: what others found, in words; "" where nothing was published.
        counted: what this program counts, in words.
        help: sentence, image and sources, for a hover.
        words: all that a search looks through, in lower case.
        shortcuts: whether anything is carried around a layer.
        file_bytes: of the deployed file; None where the network cannot be deployed.
        top1_percent: as published; None where nothing was.
        macs: multiply-accumulates of an image, of all widths.
        small: label and help of the button that opens it for small images; None where it is made for them.
    """

    name: str
    group: str
    text: str
    picture: str
    published: str
    counted: str
    help: str
    words: str
    shortcuts: bool
    file_bytes: int | None
    top1_percent: float | None
    macs: int
    small: dict[str, str] | None


@cache
def gallery() -> tuple[dict[str, Any], ...]:
    """All presets in their order; counted once for the server's life, in some 0.1 s."""
    return tuple(asdict(_exhibit(card)) for card in preset_cards())


def _exhibit(card: PresetCard) -> Exhibit:
    design = preset(card.name)
    report = cost(design)
    published = PUBLISHED.get(card.name)
    text = card.text.rpartition("; ")[0] or card.text  # figures stand below it
    return Exhibit(
        name=card.name,
        group=card.group,
        text=text.rstrip("."),
        picture=thumbnail(design),
        published=published_text(card),
        counted=counted_text(report),
        help=help_text(card),
        words=f"{card.name} {card.group} {card.text} {card.sources}".casefold(),
        shortcuts=has_shortcuts(design),
        file_bytes=report.deployed.file_bytes if isinstance(report.deployed, DeployedCost) else None,
        top1_percent=published.top1_percent if published else None,
        macs=report.larq.macs,
        small=None if for_cifar(design) is None else {"label": LABEL, "help": HELP},
    )


def published_text(card: PresetCard) -> str:
    """What others found, each figure with its unit: ``63.3 % top-1 · 4.17 MB · 27.4 ms Pixel 1``."""
    figures = ((card.top1, "{} top-1"), (card.size, "{}"), (card.latency, "{} Pixel 1"))
    return " · ".join(form.format(figure) for figure, form in figures if figure != UNKNOWN)


def counted_text(report: CostReport) -> str:
    """What this program counts: file and memory as deployed, MACs by Larq's convention."""
    macs = f"{count_text(report.larq.macs)} MACs"
    if isinstance(report.deployed, DeployedCost):
        return f"{bytes_text(report.deployed.file_bytes)} file · {bytes_text(report.deployed.arena_bytes)} RAM · {macs}"
    return f"{bytes_text(report.memory_bytes)} of weights · {macs} · not deployable"
