"""The exported page's own scripts run by Node.js, beside the engine on the same packed network."""

from __future__ import annotations

import base64
import json
import re
import shutil
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bnn_designer.called import output_of
from bnn_designer.errors import BnnDesignerError
from bnn_designer.export.proof import Proof, compared
from bnn_designer.inference import Engine
from bnn_designer.packing.network import PackedNetwork

FloatArray = npt.NDArray[np.float32]

_ELEMENTS = ("runtime", "network", "numbers")
#: Takes the parts of the page on the first three lines, then a line of base64 for each image; gives a line of scores.
_HARNESS = """
"use strict";
const lines = require("readline").createInterface({ input: process.stdin });
let network = null;
const given = [];
lines.on("line", (line) => {
  if (network === null) {
    given.push(line);
    if (given.length < 3) return;
    (0, eval)(JSON.parse(given[0]));
    network = new bnnDesigner.PackedNetwork(JSON.parse(given[1]), bnnDesigner.bytesOf(given[2]));
    return;
  }
  const scores = network.run(new Float32Array(bnnDesigner.bytesOf(line)));
  process.stdout.write(Buffer.from(scores.buffer).toString("base64") + "\\n");
});
"""


def prove(network: PackedNetwork, document: str, images: FloatArray) -> Proof:
    """Runs what is in the page on images, and compares its scores with the engine's.

    Args:
        network: what the page was written of.
        document: the page.
        images: ``[n, height, width, channels]``.

    Raises:
        BnnDesignerError: Node.js is not installed, or fails, or the engine refuses network or images.
    """
    found = run(parts_of(document), images)
    with Engine(network) as engine:
        wanted = engine.run(images)
    return compared(found, wanted, "Node.js", "the engine")


@dataclass(frozen=True)
class Parts:
    """The texts of a page's script elements that the network is: its runtime, its header and its numbers."""

    runtime: str
    network: str
    numbers: str


def parts_of(document: str) -> Parts:
    """What is in a page that was written here."""
    found = [re.search(rf'<script[^>]* id="{name}">(.*?)</script>', document, re.DOTALL) for name in _ELEMENTS]
    return Parts(*(one[1] for one in found if one is not None))


def run(parts: Parts, images: FloatArray) -> FloatArray:
    """The scores ``[n, scores]`` that a page's runtime gives of images.

    Raises:
        BnnDesignerError: Node.js is not installed, or it fails.
    """
    texts = [json.dumps(parts.runtime), parts.network, parts.numbers]
    lines = [*texts, *(base64.b64encode(image.astype("<f4").tobytes()).decode() for image in images)]
    answers = by_node(_HARNESS, "\n".join(lines) + "\n").splitlines()
    return np.stack([np.frombuffer(base64.b64decode(line), "<f4") for line in answers])


def find_node() -> str:
    """Where Node.js is. Raises BnnDesignerError where it is not installed."""
    node = shutil.which("node")
    if node is None:
        raise BnnDesignerError("Node.js: there is no node on PATH, which runs the page's scripts. Install Node.js.")
    return node


def by_node(script: str, given: str) -> str:
    """What a script prints that Node.js runs.

    Raises:
        BnnDesignerError: Node.js is not installed, or it fails.
    """
    return output_of([find_node(), "-e", script], "Install Node.js again.", given.encode(), name="Node.js")
