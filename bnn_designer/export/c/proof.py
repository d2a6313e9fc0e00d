"""An exported C program compiled and run here, beside the engine on the same packed network."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bnn_designer.called import output_of
from bnn_designer.errors import BnnDesignerError
from bnn_designer.export.c.program import MAIN, CProgram, c_program
from bnn_designer.export.proof import Proof, compared
from bnn_designer.inference import Engine
from bnn_designer.packing.network import PackedNetwork

FloatArray = npt.NDArray[np.float32]

#: As the README has it compiled; main.c then reads floats, and prints scores by which they can be read back.
FLAGS = ("-std=c99", "-O2", "-DFLOAT_IMAGES", "-DPRINT_SCORES")
_OTHER_COMPILER = "Name another in CC."
_LONGEST_COMPILING_S = 600.0


def prove(network: PackedNetwork, images: FloatArray) -> Proof:
    """Compiles the network's C program, and compares its scores of images with the engine's.

    Args:
        network: the packed network.
        images: ``[n, height, width, channels]``.

    Raises:
        BnnDesignerError: there is no C compiler, or it or the program fails, or the engine refuses network or images.
    """
    program, command = c_program(network), compiler()
    with Engine(program.network) as engine:
        wanted = engine.run(images)
    with tempfile.TemporaryDirectory(prefix="bnn-designer-") as folder:
        _, found = run(build(program, Path(folder), command), images)
    return compared(found, wanted, command[0], "the engine")


def compiler() -> tuple[str, ...]:
    """How the C compiler is called: CC if it is set, else the first of gcc, clang and cc on PATH.

    Raises:
        BnnDesignerError: there is none.
    """
    if configured := tuple(os.environ.get("CC", "").split()):
        return configured
    for name in ("gcc", "clang", "cc"):
        if shutil.which(name):
            return (name,)
    raise BnnDesignerError("C compiler: there is none on PATH. Install gcc or clang, or name one in CC.")


def build(program: CProgram, folder: Path, command: tuple[str, ...], flags: tuple[str, ...] = FLAGS) -> Path:
    """The executable of a program and of main.c, in a folder that is there.

    Raises:
        BnnDesignerError: the compiler cannot be run, or reports an error.
    """
    (folder / "network.h").write_text(program.header_text(), encoding="utf-8")
    (folder / "network.c").write_text(program.source_text(), encoding="utf-8")
    executable = folder / "network"
    files = [str(folder / "network.c"), str(MAIN)]
    call = [*command, *flags, "-I", str(folder), *files, "-o", str(executable), "-lm"]
    output_of(call, _OTHER_COMPILER, longest_s=_LONGEST_COMPILING_S)
    return executable


def run(executable: Path, images: FloatArray) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """The classes ``[n]`` and scores ``[n, scores]`` that a program of :func:`build` prints.

    Raises:
        BnnDesignerError: it fails.
    """
    return printed(output_of([str(executable)], _OTHER_COMPILER, images.astype("<f4").tobytes()))


def printed(text: str) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Classes and scores in what main.c prints."""
    rows = [line.split() for line in text.splitlines()]
    return np.array([int(row[0]) for row in rows]), np.array([row[1:] for row in rows], np.float64).astype(np.float32)
