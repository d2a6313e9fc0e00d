"""Networks of the literature, each in a module that reads like its paper."""

from __future__ import annotations

from collections.abc import Callable

from bnn_designer.design.document import Design
from bnn_designer.design.presets.bi_real_cifar import bi_real_cifar
from bnn_designer.design.presets.binarynet import binarynet
from bnn_designer.design.presets.vgg_small_bnn import vgg_small_bnn
from bnn_designer.errors import DesignError

#: Every preset by the name of its design.
PRESETS: dict[str, Callable[[], Design]] = {
    "binarynet": binarynet,
    "bi-real-cifar": bi_real_cifar,
    "vgg-small-bnn": vgg_small_bnn,
}


def preset(name: str) -> Design:
    """The preset of that name.

    Raises:
        DesignError: there is none; names those that there are.
    """
    if name not in PRESETS:
        raise DesignError(name, "there is no preset of this name", f"Choose one of {', '.join(PRESETS)}")
    return PRESETS[name]()


def summary(name: str) -> str:
    """The first line of a preset's docstring: what it is, for lists."""
    return (PRESETS[name].__doc__ or name).splitlines()[0]
