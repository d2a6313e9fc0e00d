"""How many instructions the loops of the ARM kernels take: `python -m tests.kernels.count_instructions`.

No ARM processor is here to time them, so they are counted: native/count_loops.cc, compiled for 64-bit ARM, runs a loop
once and twice under the emulator, and a plugin (native/count_plugin.cc) counts the instructions of both; the difference
is one turn. Prints a row of a table for each loop: the portable one, of which the compiler makes what NEON it can, and
ours.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bnn_designer.kernels.toolchain import find_compiler
from tests.kernels.native_program import ARM_COMPILER, ARM_EMULATOR, PROGRAMS, arm_sets, build_program

LOOPS, PLUGIN = "count_loops", "count_plugin"


@dataclass(frozen=True)
class Counts:
    """Instructions of one loop, for each of what it computes.

    Attributes:
        loop: what it does.
        per: what is one: a product, a value.
        portable, neon: of these sets.
    """

    loop: str
    per: str
    portable: float
    neon: float


def count(folder: Path, only: str = "", objects: Path | None = None) -> Iterator[Counts]:
    """The loops whose text holds `only`.

    Args:
        folder: where the programs are built.
        only: a part of a loop's text.
        objects: as build_program() takes it.

    Raises:
        subprocess.CalledProcessError: something does not compile, or the emulator does not take the plugin.
    """
    program = build_program(folder, [ARM_COMPILER], arm_sets(), ("-O3",), ("-static",), name=LOOPS, objects=objects)
    plugin = folder / f"{PLUGIN}.so"
    source = PROGRAMS / f"{PLUGIN}.cc"
    subprocess.run([*find_compiler().command, "-shared", "-fPIC", str(source), "-o", str(plugin)], check=True)

    def instructions(isa: str, loop: int, turns: int) -> int:
        command = [ARM_EMULATOR, "-plugin", str(plugin), str(program), isa, str(loop), str(turns)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
        return int(said.rpartition("instructions: ")[2])

    listed = subprocess.run([ARM_EMULATOR, str(program)], capture_output=True, text=True, check=True).stdout
    for loop, line in enumerate(listed.splitlines()):
        what, per, size = line.split("|")
        if only in what:
            turns = {isa: instructions(isa, loop, 2) - instructions(isa, loop, 1) for isa in ("portable", "neon")}
            yield Counts(what, per, **{isa: turn / int(size) for isa, turn in turns.items()})


def main() -> None:
    print("| loop | per | portable | neon | times fewer |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for found in count(Path(folder)):
            figures = f"{found.portable:.3g} | {found.neon:.3g} | {found.portable / found.neon:.1f}"
            print(f"| {found.loop} | {found.per} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
