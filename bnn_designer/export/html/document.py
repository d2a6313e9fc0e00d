"""The page: template, style, runtime and network as one HTML file that asks the network for nothing."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

import bnn_designer
from bnn_designer.export.errors import ExportError
from bnn_designer.export.html.network import PageNetwork, page_network
from bnn_designer.packing.drafts import RESULT, Geometry
from bnn_designer.packing.header import GroupEntry
from bnn_designer.packing.network import PackedNetwork
from bnn_designer.units import counted, shape_text

_WEB = Path(__file__).with_name("web")
#: In the order in which they need each other.
_RUNTIME = ("bits.js", "int8.js", "sources.js", "steps.js", "network.js", "picture.js")
#: Browsers hold a text of half a gigabyte; a phone that is mailed a page does not. Nor does it have more for an arena.
MOST_NUMBER_BYTES = 128 * 2**20
MOST_ARENA_BYTES = 512 * 2**20
_LONGEST_NAME = 200

#: What each source does, for people.
_DOES = {
    "channels": "takes what is there",
    "float_conv": "convolution or dense, in floats",
    "binary_conv": "convolution or dense, in bits: XOR and popcount",
    "int8_conv": "convolution or dense, in whole numbers of 8 bits",
    "depthwise": "depthwise convolution, in floats",
    "max_pool": "max pool",
    "average_pool": "average pool",
    "binary_max_pool": "max pool of bits",
    "unpack": "bits to numbers",
    "pad": "padding",
}


def page(network: PackedNetwork, weights: str, class_names: Sequence[str]) -> str:
    """The HTML file, the same for the same network.

    Args:
        network: what it runs.
        weights: where the weights are from; "" for untrained ones.
        class_names: of its scores, in their order; empty: they are numbered.

    Raises:
        ExportError: the runtime lacks a function, images are neither gray nor in color, or the weights are too many.
    """
    _check_size(network)
    written = page_network(network)
    probabilities = _ends_in_softmax(network)
    scripts = {"runtime": runtime(), "page": _closed("page.js")}
    style = _text("page.css")
    about = {
        "classes": [shown(name) for name in class_names] if len(class_names) == network.header.outputs else [],
        "probabilities": probabilities,
        "layers": [_layer(*one) for one in zip(network.header.groups, written.group_bytes, strict=True)],
    }
    height, width, _ = network.header.input_shape
    return Template(_text("page.html")).substitute(
        policy=_policy(style, *scripts.values()),
        title=html.escape(shown(network.header.name) or "A binarized network"),
        facts=html.escape(_facts(weights)),
        size=f"{height} x {width}",
        score="probability" if probabilities else "score",
        memory=_memory(network, written),
        about=_json(about),
        network=_json(written.header),
        numbers=base64.b64encode(written.numbers).decode(),
        style=style,
        **scripts,
    )


def runtime() -> str:
    """The runtime's modules as one script; it leaves ``bnnDesigner`` and nothing else behind."""
    return _closed(*_RUNTIME)


def shown(name: str) -> str:
    """A name from anybody: no control characters, none that turn the direction of a line, and not without end."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in name[:_LONGEST_NAME])


def _check_size(network: PackedNetwork) -> None:
    name, channels = network.header.name, network.header.input_shape[2]
    if channels not in (1, 3):
        rule = f"an image has {counted(channels, 'channel')}, and a page takes pictures in gray (1) or in color (3)"
        raise ExportError(name, rule, "Export it to another target")
    if network.weight_bytes > MOST_NUMBER_BYTES:
        rule = f"its weights are {network.weight_bytes / 2**20:.0f} MiB, and a page holds {MOST_NUMBER_BYTES // 2**20}"
        raise ExportError(name, rule, "Make the network smaller, or export it to another target")
    if network.header.arena_bytes > MOST_ARENA_BYTES:
        needed = f"{network.header.arena_bytes / 2**20:,.0f} MiB of memory"
        rule = f"what its layers leave for each other takes {needed}, and a page has {MOST_ARENA_BYTES // 2**20}"
        raise ExportError(name, rule, "Take smaller images, or export it to another target")


def _text(name: str) -> str:
    return (_WEB / name).read_text(encoding="utf-8")


def _closed(*names: str) -> str:
    """Modules as a function that is called at once, so that their names are their own."""
    joined = "\n".join(map(_text, names))
    return f'(() => {{\n"use strict";\n{joined}}})();'


def _policy(style: str, *scripts: str) -> str:
    """Nothing but these very texts: no other script, no request of any kind, no form."""
    codes = " ".join(f"'sha256-{_sum(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {codes}; style-src 'sha256-{_sum(style)}'; base-uri 'none'; form-action 'none'"
    )


def _sum(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _json(value: Any) -> str:
    """JSON that may stand in a script element, whatever names are in it: nothing in it opens or closes one."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _facts(weights: str) -> str:
    made = f"A binarized neural network, made by BNN Designer {bnn_designer.__version__}."
    if not weights:
        return f"{made} It is untrained: its weights are random, and its answers mean nothing."
    return f"{made} Its weights are from {shown(weights)}."


def _memory(network: PackedNetwork, written: PageNetwork) -> str:
    return (
        f"Weights take {len(written.numbers):,} bytes; what layers leave for each other takes "
        f"{network.header.arena_bytes:,} bytes. An image is {shape_text(tuple(network.header.input_shape))}."
    )


def _layer(group: GroupEntry, weight_bytes: int) -> dict[str, Any]:
    at = Geometry(*group.geometry)
    is_softmax = group.source == "channels" and any(step.kind == "softmax" for step in group.steps)
    return {
        "name": shown(group.path or group.name),
        "does": "softmax" if is_softmax else _DOES[group.source],
        "shape": shape_text((at.out_height, at.out_width, at.out_channels)),
        "weightBytes": weight_bytes,
    }


def _ends_in_softmax(network: PackedNetwork) -> bool:
    last = network.header.groups[-1].steps[-2:]
    return [step.kind for step in last] == ["softmax", "store"] and last[-1].tensor == RESULT
