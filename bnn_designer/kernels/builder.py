"""Builds the kernels and the TensorFlow ops into the user's cache, once.

A build is kept in a folder named by a hash of all that went into it, and appears there whole or not at all: it is
made in a temporary folder beside it and renamed. A lock keeps a second process waiting instead of building again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bnn_designer.kernels.toolchain import (
    Compiler,
    InstructionSet,
    KernelBuildError,
    cache_dir,
    find_compiler,
    machine_sets,
    tensorflow_version,
)

SOURCE_DIR = Path(__file__).parent / "csrc"
OPS_LIBRARY = "libbnn_ops.so"  # for TensorFlow; also has the C interface
SHARED_SOURCES = ("conv.cc", "c_abi.cc", "dispatch.cc")
OPS_SOURCES = ("ops_shape.cc", "ops.cc")
# Hidden names: two versions of the library may be loaded in one process.
COMMON_FLAGS = ("-std=c++17", "-fPIC", "-fvisibility=hidden", "-pthread")
KERNEL_FLAGS = ("-O3",)  # the plain loops are left to the compiler's vectorizer, which -O2 does not run
OPS_FLAGS = ("-O2", "-DNDEBUG")

Say = Callable[[str], None]


def sources() -> tuple[Path, ...]:
    """All C++ files of the library, in a fixed order."""
    return tuple(sorted(path for path in SOURCE_DIR.iterdir() if path.suffix in {".cc", ".h"}))


def build_key(compiler: Compiler) -> str:
    """16 hexadecimal digits that differ wherever a different library could come out."""
    digest = hashlib.sha256()
    for part in (tensorflow_version(), compiler.version, *COMMON_FLAGS, *KERNEL_FLAGS, *OPS_FLAGS):
        digest.update(part.encode() + b"\0")
    for isa in machine_sets():
        digest.update(repr(isa).encode() + b"\0")
    for path in sources():
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def library_path() -> Path:
    """Where the library is, or will be once built.

    Raises:
        KernelBuildError: without a compiler or TensorFlow, both of which the name depends on.
    """
    return cache_dir() / build_key(find_compiler()) / OPS_LIBRARY


def build(say: Say = lambda _: None) -> Path:
    """The library's path; builds it if the cache has none for these sources, TensorFlow, compiler and flags.

    Args:
        say: called with each line of progress.

    Raises:
        KernelBuildError: if there is no compiler, or a file does not compile (its log is kept and named).
    """
    target = library_path()
    if target.exists():
        say(f"Already built: {target}")
        return target
    try:
        target.parent.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target.parent.with_suffix(".lock")):
            if not target.exists():
                _build_into(target.parent, say)
    except OSError as error:
        raise KernelBuildError(
            f"The XNOR kernels cannot be kept in {target.parent.parent} ({error}). "
            "Set BNN_CACHE_DIR to a folder that can be written."
        ) from error
    return target


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Holds an advisory lock; without fcntl (Windows) two builds may run, and the rename keeps that harmless."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build_into(folder: Path, say: Say) -> None:
    compiler = find_compiler()
    started = time.perf_counter()
    say(f"Building the XNOR kernels with {compiler.version} for TensorFlow {tensorflow_version()}, once ...")
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}-", dir=folder.parent) as temporary:
        work = Path(temporary)
        log = work / "build.log"
        try:
            _compile(compiler, work, log, say)
        except KernelBuildError as error:
            kept = folder.with_name(f"{folder.name}-failed.log")
            shutil.copyfile(log, kept)
            raise KernelBuildError(f"{error} The compiler's messages are in {kept}.") from error
        for leftover in work.glob("*.o"):
            leftover.unlink()
        work.chmod(0o755)
        with contextlib.suppress(OSError):  # where there was no lock, another process may have been first
            os.rename(work, folder)
        work.mkdir(exist_ok=True)  # what TemporaryDirectory removes at the end
    say(f"Built {folder / OPS_LIBRARY} in {time.perf_counter() - started:.0f} s.")


def _compile(compiler: Compiler, work: Path, log: Path, say: Say) -> None:
    """Compiles every file on all processors and links the library into `work`."""

    def compile_file(source: str, flags: Sequence[str]) -> bool:
        command = [*compiler.command, *COMMON_FLAGS, *flags, "-c", str(SOURCE_DIR / source)]
        return _run([*command, "-o", str(work / Path(source).with_suffix(".o"))], log)

    include, link = _tensorflow_flags()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        ops = {source: pool.submit(compile_file, source, (*OPS_FLAGS, *include)) for source in OPS_SOURCES}
        kernels = [(isa, pool.submit(compile_file, isa.source, (*KERNEL_FLAGS, *isa.flags))) for isa in machine_sets()]
        built: list[InstructionSet] = []
        for isa, done in kernels:
            if done.result():
                built.append(isa)
            elif isa.flags:  # an old compiler may not know an instruction set; the others still serve
                say(f"This compiler cannot build the {isa.name} kernels; they are left out.")
            else:
                raise KernelBuildError(f"{isa.source} of the XNOR kernels does not compile.")
        defines = tuple(isa.define for isa in built if isa.flags)
        shared = {source: pool.submit(compile_file, source, (*KERNEL_FLAGS, *defines)) for source in SHARED_SOURCES}
        for source, done in (ops | shared).items():
            if not done.result():
                raise KernelBuildError(
                    f"{source} of the XNOR kernels does not compile. Try another C++17 compiler (set CXX)."
                )
    objects = [Path(name).with_suffix(".o").name for name in (*(isa.source for isa in built), *ops, *shared)]
    command = [*compiler.command, "-shared", "-pthread", "-o", str(work / OPS_LIBRARY)]
    if not _run([*command, *(str(work / name) for name in objects), *link], log):
        raise KernelBuildError("The XNOR kernels do not link with TensorFlow. Reinstall TensorFlow.")


def _tensorflow_flags() -> tuple[list[str], list[str]]:
    try:
        import tensorflow as tf
    except ImportError as error:
        raise KernelBuildError(f"TensorFlow does not load ({error}), so its ops cannot be built.") from error
    # Its headers warn; -isystem keeps that out of the log.
    include = [
        flag.replace("-I", "-isystem", 1) if flag.startswith("-I") else flag
        for flag in tf.sysconfig.get_compile_flags()
    ]
    return include, list(tf.sysconfig.get_link_flags())


def _run(command: Sequence[str], log: Path) -> bool:
    """Runs one compiler command, appends what it said to the log, and tells whether it succeeded."""
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    with log.open("a") as file:
        file.write(f"$ {' '.join(command)}\n{result.stdout}{result.stderr}(exit code {result.returncode})\n\n")
    return result.returncode == 0
