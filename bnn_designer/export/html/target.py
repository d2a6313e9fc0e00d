"""The target ``html``: one file with the network and all that runs it, and its proof beside the engine."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from bnn_designer.export.html.document import page
from bnn_designer.export.html.proof import prove
from bnn_designer.export.material import Material
from bnn_designer.export.proof import Proof
from bnn_designer.export.written import Written
from bnn_designer.targets import Verdict

NAME = "network.html"


def write_html(material: Material, verdicts: Mapping[str, Verdict]) -> Written:
    """The page."""
    packed = material.packed
    names = material.class_names
    text = page(packed, material.weights, names)
    image_bytes = 4 * (math.prod(packed.header.input_shape) + packed.header.outputs)
    memory = {"weights": packed.weight_bytes, "arena": packed.header.arena_bytes, "image and scores": image_bytes}
    notes = () if len(names) == packed.header.outputs else ("The classes are numbered: their names are not known.",)
    return Written({NAME: text.encode()}, memory, notes)


def prove_html(material: Material, written: Written, images: npt.NDArray[np.float32]) -> Proof:
    """Run by Node.js, beside the engine."""
    return prove(material.packed, written.files[NAME].decode(), images)
