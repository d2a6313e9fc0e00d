"""The network that a teacher gives to a class: a draft, a preset, or what a link names."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from bnn_designer.design import Design
from bnn_designer.design.links import design_in_link, is_link
from bnn_designer.design.presets import preset
from bnn_designer.runs.classes import ClassError
from bnn_designer.runs.drafts import Drafts

#: Before a preset's name, where others are ids of drafts.
PRESET = "preset:"


def chosen_network(drafts: Drafts, chosen: str, link: str) -> Design | None:
    """The network; None where none was chosen.

    Args:
        drafts: of this server.
        chosen: a draft's id, a preset's name behind :data:`PRESET`, or "".
        link: one as the Design page gives it, to a draft of this server or with a whole design; "" takes what was
            chosen.

    Raises:
        ClassError: both a network and a link were given, or the link is none.
        DesignError: the link does not hold a design.
        DraftError: there is no such draft.
    """
    link = link.strip()
    if link and chosen:
        raise ClassError("A network for all: one was chosen, and a link was given as well. Leave one of them out.")
    if link:
        return _linked(drafts, link)
    if chosen.startswith(PRESET):
        return preset(chosen.removeprefix(PRESET))
    return drafts.get(chosen).design if chosen else None


def _linked(drafts: Drafts, link: str) -> Design:
    if is_link(link):
        return design_in_link(link)
    try:
        found = parse_qs(urlsplit(link).query).get("draft", [])
    except ValueError:  # no computer can have this address
        found = []
    if not found:
        raise ClassError(
            f"{link[:60]!a}: this is no link to a network. Copy one on the Design page, under File, Copy link."
        )
    return drafts.get(found[0]).design
