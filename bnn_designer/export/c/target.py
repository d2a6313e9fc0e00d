"""The target ``c``: a C99 program for microcontrollers, and its proof beside the engine."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from bnn_designer.export.c.program import MAIN, c_program
from bnn_designer.export.c.proof import prove
from bnn_designer.export.c.readme import readme
from bnn_designer.export.material import Material
from bnn_designer.export.proof import Proof
from bnn_designer.export.written import Written
from bnn_designer.targets import Verdict


def write_c(material: Material, verdicts: Mapping[str, Verdict]) -> Written:
    """The program's sources with a README of its memory."""
    program = c_program(material.packed)
    texts = {
        "network.h": program.header_text(),
        "network.c": program.source_text(),
        "main.c": MAIN.read_text(encoding="utf-8"),
        "README.md": readme(program, verdicts, material.weights),
    }
    memory = program.memory
    files = {name: text.encode() for name, text in texts.items()}
    return Written(files, {"flash": memory.flash_bytes, "arena": memory.arena, "ram": memory.static_bytes})


def prove_c(material: Material, written: Written, images: npt.NDArray[np.float32]) -> Proof:
    """Compiled and run here, beside the engine."""
    return prove(material.packed, images)
