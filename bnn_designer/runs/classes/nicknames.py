"""Nicknames: an animal and a number, drawn by lot, so that nobody has to give a name or can give a bad one."""

from __future__ import annotations

import secrets
from collections.abc import Callable

_NAMES = """
Alpaca Badger Beaver Bison Camel Cheetah Coyote Crane Dingo Dolphin Falcon Ferret Finch Fox Gazelle Gecko
Gibbon Giraffe Hare Heron Ibex Jackdaw Jaguar Kestrel Koala Lemur Leopard Lynx Magpie Marten Meerkat Moose
Newt Ocelot Octopus Otter Panda Panther Pelican Penguin Puffin Puma Quail Rabbit Raccoon Raven Robin Salmon
Seal Sparrow Squirrel Swan Tapir Tiger Toucan Turtle Walrus Wolf Wombat Zebra
"""
ANIMALS: tuple[str, ...] = tuple(_NAMES.split())
# Two digits first: they are easier to remember. A server that has used half of those draws from three.
_SHORT, _LONG = (10, 100), (100, 1000)
_TRIES = 20


def new_nickname(is_taken: Callable[[str], bool]) -> str:
    """One that nobody has."""
    tries = 0
    while True:
        low, high = _SHORT if tries < _TRIES else _LONG
        name = f"{secrets.choice(ANIMALS)} {low + secrets.randbelow(high - low)}"
        if not is_taken(name):
            return name
        tries += 1
