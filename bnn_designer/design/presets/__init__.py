"""Networks of the literature, each in a module that reads like its paper."""

from __future__ import annotations

from collections.abc import Callable

from bnn_designer.design.document import Design
from bnn_designer.design.presets.bi_real_cifar import bi_real_cifar
from bnn_designer.design.presets.bi_real_net import bi_real_net
from bnn_designer.design.presets.binary_alexnet import binary_alexnet
from bnn_designer.design.presets.binary_densenet import (
    binary_densenet_28,
    binary_densenet_37,
    binary_densenet_37_dilated,
    binary_densenet_45,
)
from bnn_designer.design.presets.binary_resnet_e18 import binary_resnet_e18
from bnn_designer.design.presets.binarynet import binarynet
from bnn_designer.design.presets.cifar import (
    binary_densenet_cifar,
    melius_net_cifar,
    quicknet_cifar,
    reactnet_cifar,
    xnor_net_cifar,
)
from bnn_designer.design.presets.dorefa_net import dorefa_net
from bnn_designer.design.presets.group_net import group_net_18
from bnn_designer.design.presets.har_1d import har_1d
from bnn_designer.design.presets.melius_net import melius_net_22
from bnn_designer.design.presets.published import PUBLISHED, Published
from bnn_designer.design.presets.quicknet import quicknet, quicknet_large, quicknet_small
from bnn_designer.design.presets.reactnet_a import reactnet_a
from bnn_designer.design.presets.real_to_binary_net import real_to_binary_net
from bnn_designer.design.presets.vgg_small_bnn import vgg_small_bnn
from bnn_designer.design.presets.xnor_net import xnor_net
from bnn_designer.errors import DesignError

__all__ = ["PRESETS", "PUBLISHED", "Published", "preset", "summary"]

#: Every preset by the name of its design: those for CIFAR-10, one for time series, then those for ImageNet in the order
#: of their years.
PRESETS: dict[str, Callable[[], Design]] = {
    "binarynet": binarynet,
    "bi-real-cifar": bi_real_cifar,
    "vgg-small-bnn": vgg_small_bnn,
    "xnor-net-cifar": xnor_net_cifar,
    "binary-densenet-cifar": binary_densenet_cifar,
    "melius-net-cifar": melius_net_cifar,
    "quicknet-cifar": quicknet_cifar,
    "reactnet-cifar": reactnet_cifar,
    "har-1d": har_1d,
    "binary-alexnet": binary_alexnet,
    "xnor-net": xnor_net,
    "dorefa-net": dorefa_net,
    "bi-real-net": bi_real_net,
    "group-net-18": group_net_18,
    "binary-resnet-e18": binary_resnet_e18,
    "binary-densenet-28": binary_densenet_28,
    "binary-densenet-37": binary_densenet_37,
    "binary-densenet-37-dilated": binary_densenet_37_dilated,
    "binary-densenet-45": binary_densenet_45,
    "melius-net-22": melius_net_22,
    "real-to-binary-net": real_to_binary_net,
    "reactnet-a": reactnet_a,
    "quicknet-small": quicknet_small,
    "quicknet": quicknet,
    "quicknet-large": quicknet_large,
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
