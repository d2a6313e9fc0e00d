"""The kernels' sources: which file goes into which library and is compiled how, and the name that follows from them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from bnn_designer.folders import cache_dir
from bnn_designer.kernels.toolchain import (
    INSTRUCTION_SETS,
    Compiler,
    InstructionSet,
    find_compiler,
    machine_sets,
    tensorflow_version,
)

SOURCE_DIR = Path(__file__).parent / "csrc"
KERNELS_LIBRARY = "libbnn_kernels.so"  # the C interface alone: needs no TensorFlow, neither to build nor to load
OPS_LIBRARY = "libbnn_ops.so"  # for TensorFlow; also has the C interface
# A file's place says how it is compiled: isa/<set>.cc and isa/<set>_*.cc with that set's flags, ops/ against
# TensorFlow's headers, onednn.cc against oneDNN's and into a library of its own (onednn.py), all others plainly.
ISA_DIR, OPS_DIR = SOURCE_DIR / "isa", SOURCE_DIR / "ops"
ONEDNN_SOURCES = (SOURCE_DIR / "engine" / "onednn.cc", SOURCE_DIR / "engine" / "float_library.h")
# Hidden names: two versions of the library may be loaded in one process.
COMMON_FLAGS = ("-std=c++17", "-fPIC", "-fvisibility=hidden", "-pthread")
INCLUDE_FLAG = f"-I{SOURCE_DIR}"
KERNEL_FLAGS = ("-O3",)  # the plain loops are left to the compiler's vectorizer, which -O2 does not run
OPS_FLAGS = ("-O2", "-DNDEBUG")


def define_sets(sets: Iterable[InstructionSet]) -> str:
    """The macro that tells isa/dispatch.cc which sets are in the library, the best first."""
    return f"-DBNN_SETS={''.join(f'SET({isa.name})' for isa in sets)}"


def sources() -> tuple[Path, ...]:
    """All C++ files, in a fixed order."""
    return tuple(sorted(path for path in SOURCE_DIR.rglob("*") if path.suffix in {".cc", ".h"}))


def ops_sources() -> tuple[Path, ...]:
    """The files that need TensorFlow's headers."""
    return tuple(path for path in sources() if path.suffix == ".cc" and path.parent == OPS_DIR)


def set_sources(isa: InstructionSet) -> tuple[Path, ...]:
    """The files of one instruction set."""
    own = (path for path in sources() if path.suffix == ".cc" and path.parent == ISA_DIR)
    return tuple(path for path in own if path.stem.partition("_")[0] == isa.name)


def shared_sources() -> tuple[Path, ...]:
    """The files that are neither for a library nor for one instruction set."""
    special = {
        ONEDNN_SOURCES[0],
        *ops_sources(),
        *(path for isa in INSTRUCTION_SETS for path in set_sources(isa)),
    }
    return tuple(path for path in sources() if path.suffix == ".cc" and path not in special)


def kernels_key(compiler: Compiler) -> str:
    """16 hexadecimal digits that differ wherever different kernels could come out."""
    files = (path for path in sources() if path.parent != OPS_DIR and path != ONEDNN_SOURCES[0])
    return digest((compiler.version, *COMMON_FLAGS, *KERNEL_FLAGS, *map(repr, machine_sets())), files)


def build_key(compiler: Compiler) -> str:
    """The same of the ops: those of the kernels, TensorFlow and the ops' own files."""
    files = (path for path in sources() if path.parent == OPS_DIR)
    return digest((kernels_key(compiler), tensorflow_version(), *COMMON_FLAGS, *OPS_FLAGS), files)


def digest(parts: Iterable[str], files: Iterable[Path]) -> str:
    """16 hexadecimal digits of texts and of files' places and contents."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part.encode() + b"\0")
    for path in files:
        found.update(path.relative_to(SOURCE_DIR).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:16]


def kernels_path() -> Path:
    """Where the kernels without TensorFlow are, or will be once built.

    Raises:
        KernelBuildError: without a compiler, which the name depends on.
    """
    return cache_dir() / kernels_key(find_compiler()) / KERNELS_LIBRARY


def library_path() -> Path:
    """Where the ops are, or will be once built.

    Raises:
        KernelBuildError: without a compiler or TensorFlow, both of which the name depends on.
    """
    return cache_dir() / build_key(find_compiler()) / OPS_LIBRARY
