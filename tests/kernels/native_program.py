"""Builds the stand-alone test programs of native/: no Python, no TensorFlow."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bnn_designer.kernels.sources import INCLUDE_FLAG, SOURCE_DIR, define_sets, set_sources, shared_sources
from bnn_designer.kernels.toolchain import ARM64, INSTRUCTION_SETS, InstructionSet

PROGRAMS = Path(__file__).parent / "native"
KERNELS, TABLES, ENGINE = "test_kernels", "test_tables", "test_engine"
SHARED = ("conv/conv.cc", "conv/rows.cc", "isa/cpu.cc", "isa/dispatch.cc")
# Lines are all that a report names, and -g1 compiles a third faster than -g.
# float-cast-overflow: a number that a file holds may be none that an integer can be made of.
ADDRESS = (
    *("-O1", "-g1", "-fsanitize=address,undefined", "-fsanitize=float-cast-overflow"),
    *("-fno-sanitize-recover=all", "-fno-omit-frame-pointer"),
)
THREAD = ("-O1", "-g1", "-fsanitize=thread")
ARM_COMPILER, ARM_EMULATOR = "aarch64-linux-gnu-g++", "qemu-aarch64"


def skip_unless_linked(folder: Path, compiler: Sequence[str], flags: Sequence[str]) -> None:
    """Skips the test where the compiler lacks the libraries of these sanitizers, or the system does not run them."""
    source, program = folder / "empty.cc", folder / "empty"
    source.write_text("int main() { return 0; }\n")
    linked = subprocess.run([*compiler, *flags, str(source), "-o", str(program)], capture_output=True, check=False)
    if linked.returncode != 0:
        pytest.skip(f"{compiler[0]} has no sanitizers here; install libasan, libubsan and libtsan")
    started = subprocess.run([program], capture_output=True, text=True, check=False)
    if started.returncode != 0:
        pytest.skip(f"programs with {flags[-1]} do not start here: {started.stderr.strip()[:200]}")


def arm_sets() -> list[InstructionSet]:
    """The instruction sets that exist on 64-bit ARM."""
    return [isa for isa in INSTRUCTION_SETS if not isa.machines or set(ARM64) & set(isa.machines)]


def build_program(
    folder: Path,
    compiler: Sequence[str],
    sets: Sequence[InstructionSet],
    flags: Sequence[str],
    link: Sequence[str] = (),
    name: str = KERNELS,
    objects: Path | None = None,
) -> Path:
    """Compiles what a program needs for these instruction sets, and the program itself, in `folder`.

    Args:
        objects: where objects are kept that another program of the same flags takes too; None: not kept.
        name: of the program's file; only ENGINE also needs the inference engine.

    Raises:
        subprocess.CalledProcessError: if it does not compile; its messages are printed before.
    """
    common = (*compiler, "-std=c++17", "-pthread", INCLUDE_FLAG, *flags)
    own = [(path, isa.flags) for isa in sets for path in set_sources(isa)]
    shared = [SOURCE_DIR / file for file in SHARED]
    if name == ENGINE:
        engine = [path for path in shared_sources() if path.parent.name == "engine"]
        shared += [*engine, SOURCE_DIR / "abi" / "engine.cc"]
    sources = [*own, *((path, (define_sets(sets),)) for path in (*shared, PROGRAMS / f"{name}.cc"))]
    with ThreadPoolExecutor(2) as pool:
        compiling = [(objects or folder, (*common, *more, "-c", str(path))) for path, more in sources]
        files = list(pool.map(lambda one: _object(*one), compiling))
    program = folder / name
    _run((*common, *link, *map(str, files), "-o", str(program)))
    return program


def build_small_program(folder: Path, compiler: Sequence[str], name: str, flags: Sequence[str]) -> Path:
    """Compiles native/`name`.cc, which needs headers of the kernels only.

    Raises:
        subprocess.CalledProcessError: if it does not compile; its messages are printed before.
    """
    source, program = PROGRAMS / f"{name}.cc", folder / name
    _run((*compiler, "-std=c++17", *flags, INCLUDE_FLAG, str(source), "-o", str(program), "-pthread"))
    return program


def run_program(command: Sequence[str | Path], *arguments: int | Path) -> dict[str, str]:
    """What the program says, such as of each instruction set; fails with its last lines if it finds a difference."""
    result = subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{result.stdout[-3000:]}\n{result.stderr[-3000:]}"
    return dict(line.split(": ", 1) for line in result.stdout.splitlines())


def _object(folder: Path, command: Sequence[str]) -> Path:
    """What a compiler's command makes, in a file named after the command: made once, by whichever process is first."""
    file = folder / f"{hashlib.sha256(repr(command).encode()).hexdigest()[:16]}.o"
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            unfinished = file.with_suffix(".part")
            _run((*command, "-o", str(unfinished)))
            os.replace(unfinished, file)
    return file


def _run(command: Sequence[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        print(result.stderr[-3000:])
        result.check_returncode()
