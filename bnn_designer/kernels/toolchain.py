"""What a build needs from outside: a C++ compiler, TensorFlow's headers, and a folder to keep the result in."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib import metadata

from bnn_designer.errors import BnnDesignerError


class KernelBuildError(BnnDesignerError):
    """The compiled op cannot be built or loaded; the message is one sentence and how to mend it."""


@dataclass(frozen=True)
class Compiler:
    """A C++ compiler: how it is called and what it says it is."""

    command: tuple[str, ...]
    version: str


@dataclass(frozen=True)
class InstructionSet:
    """The kernel files of one instruction set, isa/<name>.cc and <name>_*.cc, and the flags that only they get."""

    name: str
    flags: tuple[str, ...]
    machines: tuple[str, ...]  # platform.machine() in lower case; empty: all


X86 = ("x86_64", "amd64")
_AVX2 = ("-mavx2", "-mfma", "-mpopcnt")
_AVX512 = (*_AVX2, "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl")
ARM64 = ("aarch64", "arm64")
# The best first: the first that a processor has runs on it. What it must have follows from the flags (csrc/isa/cpu.h).
INSTRUCTION_SETS = (
    # As of Ice Lake and Zen 4: byte permutations (VBMI) and byte products (VNNI) came with or before VPOPCNTDQ there.
    InstructionSet("avx512", (*_AVX512, "-mavx512vpopcntdq", "-mavx512vbmi", "-mavx512vnni"), X86),
    InstructionSet("avx512vnni", (*_AVX512, "-mavx512vnni"), X86),  # Cascade Lake, Cooper Lake
    InstructionSet("avx512bw", _AVX512, X86),  # Skylake: what every processor with AVX-512 has
    InstructionSet("avx2", _AVX2, X86),
    InstructionSet("neon", (), ARM64),  # a compiler for 64-bit ARM needs no flag for it
    InstructionSet("portable", (), ()),
)


def compiler_command() -> tuple[str, ...]:
    """How the C++ compiler is called: CXX if it is set, else the first of g++, clang++ and c++ on PATH.

    Raises:
        KernelBuildError: if there is none.
    """
    if configured := tuple(os.environ.get("CXX", "").split()):
        return configured
    found = next((path for name in ("g++", "clang++", "c++") if (path := shutil.which(name))), None)
    if found is None:
        raise KernelBuildError(
            "No C++ compiler was found on PATH, so the XNOR kernels cannot be built. "
            "Install one (Debian and Ubuntu: apt install g++) or set CXX to its path."
        )
    return (found,)


@cache
def find_compiler() -> Compiler:
    """The compiler of `compiler_command`, asked for its version.

    Raises:
        KernelBuildError: if there is none, or it does not run.
    """
    command = compiler_command()
    try:
        result = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise KernelBuildError(
            f"The C++ compiler {' '.join(command)} does not run ({error}). Set CXX to one that does, or unset it."
        ) from error
    return Compiler(command, result.stdout.partition("\n")[0].strip())


def tensorflow_version() -> str:
    """The installed TensorFlow's version, without importing it.

    Raises:
        KernelBuildError: if TensorFlow is not installed.
    """
    for package in ("tensorflow", "tensorflow-cpu"):
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    raise KernelBuildError("TensorFlow is not installed, so the XNOR ops cannot be built. Install the requirements.")


def machine_sets() -> tuple[InstructionSet, ...]:
    """The instruction sets that exist on this kind of machine, whether or not this processor has them."""
    machine = platform.machine().lower()
    return tuple(isa for isa in INSTRUCTION_SETS if not isa.machines or machine in isa.machines)
