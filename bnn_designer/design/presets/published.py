"""What was published about the presets, each figure with its source; None where nothing was."""

from __future__ import annotations

from dataclasses import dataclass

IMAGENET_SHAPE = (224, 224, 3)
IMAGENET_CLASSES = 1000

_ZOO = "Larq Zoo, docs/zoo/index.md, 2020-10-15 (ImageNet, MB by Larq's convention)"


@dataclass(frozen=True)
class Published:
    """Figures of a network as its authors or those of Larq Zoo give them.

    Attributes:
        paper: its number at arXiv.
        source: where the figures stand.
        top1_percent: share of test images (ImageNet, unless ``source`` says otherwise) whose class is told right.
        size_mb: size of the model, in MB as published.
        pixel1_ms: latency of an image on a Pixel 1 phone, one thread, Larq Compute Engine.
        ops: OPs of an image: binary MACs / 64 + float MACs.
    """

    paper: str
    source: str
    top1_percent: float | None = None
    size_mb: float | None = None
    pixel1_ms: float | None = None
    ops: float | None = None


_REACTNET = "README of the authors' ReActNet repository"

#: By the preset's name. The CIFAR-10 siblings and the net for time series are ours: nothing was published about them.
PUBLISHED: dict[str, Published] = {
    "binarynet": Published("1602.02830", "Larq's CIFAR-10 tutorial, the best of 100 epochs", top1_percent=83.2),
    "binary-alexnet": Published("1602.02830", _ZOO, 36.3, 7.45, 44.4),
    "xnor-net": Published("1603.05279", f"{_ZOO}; OPs: {_REACTNET}", 45.0, 22.77, 29.3, ops=1.67e8),
    "dorefa-net": Published("1606.06160", _ZOO, 53.4, 22.80),
    "bi-real-net": Published("1808.00278", f"{_ZOO}; OPs: {_REACTNET}", 57.5, 4.00, 41.7, ops=1.63e8),
    "binary-resnet-e18": Published("1906.08637", _ZOO, 58.3, 4.00, 41.8),
    "binary-densenet-28": Published("1906.08637", _ZOO, 60.9, 4.04, 84.9),
    "binary-densenet-37": Published("1906.08637", _ZOO, 62.9, 5.13, 97.1),
    "binary-densenet-37-dilated": Published("1906.08637", _ZOO, 64.3, 5.13, 174.9),
    "binary-densenet-45": Published("1906.08637", _ZOO, 64.6, 7.35, 129.3),
    "melius-net-22": Published("2001.05936", _ZOO, 62.4, 3.88, 110.7),
    "real-to-binary-net": Published("2003.11535", f"{_ZOO}; OPs: {_REACTNET}", 65.0, 5.13, 48.8, ops=1.83e8),
    "quicknet-small": Published("2011.09398", _ZOO, 59.4, 4.00, 17.5),
    "quicknet": Published("2011.09398", _ZOO, 63.3, 4.17, 27.4),
    "quicknet-large": Published("2011.09398", _ZOO, 66.9, 5.40, 45.5),
    "group-net-18": Published("1811.10413", "no figure of this variant was found"),
    "reactnet-a": Published("2003.03488", _REACTNET, 69.4, ops=0.87e8),
}
