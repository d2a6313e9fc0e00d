"""Builds the stand-alone test programs of native/: no Python, no TensorFlow."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bnn_designer.kernels.builder import SOURCE_DIR
from bnn_designer.kernels.toolchain import InstructionSet

PROGRAMS = Path(__file__).parent / "native"
PROGRAM = PROGRAMS / "test_kernels.cc"
SHARED = ("conv.cc", "pool.cc", "dispatch.cc")


def build_program(
    folder: Path,
    compiler: Sequence[str],
    sets: Sequence[InstructionSet],
    flags: Sequence[str],
    link: Sequence[str] = (),
) -> Path:
    """Compiles the kernels of these instruction sets and the program in `folder`.

    Raises:
        subprocess.CalledProcessError: if it does not compile; its messages are printed before.
    """
    common = (*compiler, "-std=c++17", *flags)
    defines = [isa.define for isa in sets if isa.name != "portable"]
    commands = [
        (*common, *isa.flags, "-c", str(SOURCE_DIR / f"{isa.name}.cc"), "-o", str(folder / f"{isa.name}.o"))
        for isa in sets
    ]
    commands += [(*common, *defines, "-c", str(SOURCE_DIR / name), "-o", str(folder / f"{name}.o")) for name in SHARED]
    program = folder / "test_kernels"
    objects = [command[-1] for command in commands]
    commands.append((*common, f"-I{SOURCE_DIR}", "-c", str(PROGRAM), "-o", str(folder / "program.o")))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(_run, commands))
    _run((*common, *link, str(folder / "program.o"), *objects, "-o", str(program)))
    return program


def build_small_program(folder: Path, compiler: Sequence[str], name: str, flags: Sequence[str]) -> Path:
    """Compiles native/`name`.cc, which needs headers of the kernels only.

    Raises:
        subprocess.CalledProcessError: if it does not compile; its messages are printed before.
    """
    source, program = PROGRAMS / f"{name}.cc", folder / name
    _run((*compiler, "-std=c++17", *flags, f"-I{SOURCE_DIR}", str(source), "-o", str(program), "-pthread"))
    return program


def run_program(command: Sequence[str], cases: int) -> dict[str, str]:
    """What the program says of each instruction set; fails with its last lines if it finds a difference."""
    result = subprocess.run([*command, str(cases)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{result.stdout[-3000:]}\n{result.stderr[-3000:]}"
    return dict(line.split(": ", 1) for line in result.stdout.splitlines())


def _run(command: Sequence[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        print(result.stderr[-3000:])
        result.check_returncode()
