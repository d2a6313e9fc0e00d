"""Where a network can be exported to: a row for each target, with its writer, its rules of layers and its proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bnn_designer.design import Design, walk
from bnn_designer.errors import BnnDesignerError
from bnn_designer.export.c.program import MAIN, c_program
from bnn_designer.export.c.proof import Proof, prove
from bnn_designer.export.c.readme import readme
from bnn_designer.packing.network import PackedNetwork
from bnn_designer.targets import Verdict, verdicts

Files = dict[str, bytes]


@dataclass(frozen=True)
class Material:
    """What a writer works on.

    Attributes:
        network: the packed network.
        weights: where its weights are from; "" for untrained ones.
        verdicts: what becomes of each block at the target, by the block's path; empty where the design is not known.
    """

    network: PackedNetwork
    weights: str
    verdicts: dict[str, Verdict]


@dataclass(frozen=True)
class ExportTarget:
    """A form that a network can be exported to.

    Attributes:
        name: as in ``--to``.
        title: for people.
        judged_as: the target in :data:`bnn_designer.targets.TARGETS` whose rules say which layers run in bits there.
        write: the files by their names, and what the network takes of the receiver's memory, in bytes by its kinds.
        prove: runs what was written on images, beside the engine.
    """

    name: str
    title: str
    judged_as: str
    write: Callable[[Material], tuple[Files, dict[str, int]]]
    prove: Callable[[PackedNetwork, npt.NDArray[np.float32]], Proof]


@dataclass(frozen=True)
class Exported:
    """What a target's writer made of a network; see :class:`ExportTarget` and :class:`Material`."""

    target: ExportTarget
    files: Files
    memory_bytes: dict[str, int]
    verdicts: dict[str, Verdict]


def _write_c(material: Material) -> tuple[Files, dict[str, int]]:
    program = c_program(material.network)
    texts = {
        "network.h": program.header_text(),
        "network.c": program.source_text(),
        "main.c": MAIN.read_text(encoding="utf-8"),
        "README.md": readme(program, material.verdicts, material.weights),
    }
    memory = program.memory
    files = {name: text.encode() for name, text in texts.items()}
    return files, {"flash": memory.flash_bytes, "arena": memory.arena, "ram": memory.static_bytes}


#: Every target by its name. A C program runs the groups of the packed network, so the engine's rules are its own.
TARGETS: dict[str, ExportTarget] = {
    target.name: target
    for target in (ExportTarget("c", "a C99 program for microcontrollers", "engine", _write_c, prove),)
}


def target_named(name: str) -> ExportTarget:
    """The target of a name.

    Raises:
        BnnDesignerError: there is none.
    """
    if name not in TARGETS:
        raise BnnDesignerError(f"{name}: there is no target of this name. Choose one of: {', '.join(TARGETS)}.")
    return TARGETS[name]


def export_to(target: ExportTarget, network: PackedNetwork, weights: str) -> Exported:
    """A network's files at a target, and what becomes of each block there.

    Args:
        target: where to.
        network: the packed network; with its design, if verdicts are wanted.
        weights: where its weights are from; "" for untrained ones.

    Raises:
        DesignError: the design in the packed file is broken.
        ExportError: the target cannot take the network.
    """
    judged: dict[str, Verdict] = {}
    if network.header.design is not None:
        judged = _judged(Design.from_data(network.header.design), target.judged_as)
    files, memory_bytes = target.write(Material(network, weights, judged))
    return Exported(target, files, memory_bytes, judged)


def _judged(design: Design, target: str) -> dict[str, Verdict]:
    """Each block's verdict by its path, in reading order."""
    found = verdicts(design)
    return {path: found[one.id][target] for path, one in walk(design.blocks) if target in found.get(one.id, {})}
