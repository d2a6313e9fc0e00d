"""The whole networks that are measured: presets."""

from __future__ import annotations

from bnn_designer.bench.cases.planned import Planned
from bnn_designer.bench.request import Request

#: Those with a target first; the others for information.
TARGETED = ("binarynet", "quicknet", "bi-real-net")
NETWORKS = (*TARGETED, "bi-real-cifar", "quicknet-cifar", "binary-densenet-28")


def planned(_: Request) -> list[Planned[str]]:
    return [Planned(f"model {name}, one image", name) for name in NETWORKS]
