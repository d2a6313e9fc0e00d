"""Builds the kernels, and the TensorFlow ops on top of them, into the user's cache, once.

A build is kept in a folder named by a hash of all that went into it, and appears there whole or not at all: it is
made in a temporary folder beside it and renamed. A lock keeps a second process waiting instead of building again.
"""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from bnn_designer.files import sync, sync_folder
from bnn_designer.kernels import attempts
from bnn_designer.kernels.sources import (
    COMMON_FLAGS,
    INCLUDE_FLAG,
    KERNEL_FLAGS,
    KERNELS_LIBRARY,
    OPS_FLAGS,
    OPS_LIBRARY,
    SOURCE_DIR,
    define_sets,
    kernels_path,
    library_path,
    ops_sources,
    set_sources,
    shared_sources,
)
from bnn_designer.kernels.toolchain import (
    Compiler,
    InstructionSet,
    KernelBuildError,
    find_compiler,
    machine_sets,
    tensorflow_version,
)
from bnn_designer.units import sentence

Say = Callable[[str], None]
Compile = Callable[[Compiler, Path, Path, Say], None]


def build_kernels(say: Say = lambda _: None) -> Path:
    """Builds the kernels without TensorFlow, if the cache has none for these sources, compiler and flags.

    Args:
        say: called with each line of progress.

    Returns:
        The library; the object files it was linked of lie beside it.

    Raises:
        KernelBuildError: if there is no compiler, or a file does not compile (its log is kept and named).
    """
    return build_once(kernels_path(), "the XNOR kernels", _compile_kernels, say)


def build(say: Say = lambda _: None) -> Path:
    """The same with TensorFlow's ops; builds the kernels first.

    Raises:
        KernelBuildError: as above, or without TensorFlow.
    """
    target = library_path()
    if target.exists():
        say(f"Already built: {target}")
        return target
    objects = sorted(build_kernels(say).parent.glob("*.o"))

    def compile_ops(compiler: Compiler, work: Path, log: Path, say: Say) -> None:
        _compile_ops(compiler, objects, work, log)

    return build_once(target, f"the XNOR ops for TensorFlow {tensorflow_version()}", compile_ops, say)


def build_once(target: Path, what: str, compile_into: Compile, say: Say) -> Path:
    """The library at `target`, made by `compile_into` in a folder that then takes the target's place if it is missing.

    Raises:
        KernelBuildError: as `compile_into` does, with the place of the log; because it failed before, or the disk has
            no room; or because the cache cannot be written.
    """
    if target.exists():
        return target
    if (known := attempts.obstacle(target.parent)) is not None:
        raise KernelBuildError(known)
    try:
        target.parent.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target.parent.with_suffix(".lock")):
            if not target.exists():
                _build_into(target, what, compile_into, say)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT) and (full := attempts.no_room(target.parent.parent)) is not None:
            raise KernelBuildError(full) from error
        raise KernelBuildError(
            f"{sentence(what)} cannot be kept in {target.parent.parent} ({error}). "
            "Set BNN_CACHE_DIR to a writable folder."
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


def _build_into(target: Path, what: str, compile_into: Compile, say: Say) -> None:
    compiler, folder = find_compiler(), target.parent
    started = time.perf_counter()
    say(f"Building {what} with {compiler.version}, once ...")
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}-", dir=folder.parent) as temporary:
        work = Path(temporary)
        log = work / "build.log"
        try:
            compile_into(compiler, work, log, say)
        except KernelBuildError as error:
            if (passing := attempts.passing_reason(log, folder.parent)) is not None:
                raise KernelBuildError(passing) from error
            attempts.note_failure(folder, str(error), log)
            raise KernelBuildError(attempts.failed_text(folder, str(error))) from error
        work.chmod(0o755)
        for path in work.iterdir():  # on disk before they are found under their name: a power cut must leave no half
            sync(path)
        with contextlib.suppress(OSError):  # where there was no lock, another process may have been first
            os.rename(work, folder)
        sync_folder(folder.parent)
        work.mkdir(exist_ok=True)  # what TemporaryDirectory removes at the end
    say(f"Built {target} in {time.perf_counter() - started:.0f} s.")


def _compile_kernels(compiler: Compiler, work: Path, log: Path, say: Say) -> None:
    """Compiles every file but the ops' on all processors and links the library into `work`."""
    with _pool() as pool:

        def start(files: Iterable[Path], flags: Sequence[str]) -> list[Future[bool]]:
            return [pool.submit(compile_file, compiler, path, flags, work, log) for path in files]

        kernels = [(isa, start(set_sources(isa), (*KERNEL_FLAGS, *isa.flags))) for isa in machine_sets()]
        built: list[InstructionSet] = []
        for isa, done in kernels:
            compiled = [one.result() for one in done]  # of all: none may still be writing below
            if all(compiled):
                built.append(isa)
            elif isa.flags:  # an old compiler may not know an instruction set; the others still serve
                say(f"This compiler cannot build the {isa.name} kernels; they are left out.")
                for path in set_sources(isa):
                    object_file(path, work).unlink(missing_ok=True)
            else:
                raise KernelBuildError(f"The {isa.name} files of the XNOR kernels do not compile.")
        _all(shared_sources(), start(shared_sources(), (*KERNEL_FLAGS, define_sets(built))))
    link_library(compiler, sorted(work.glob("*.o")), work / KERNELS_LIBRARY, ("-ldl",), log)


def _compile_ops(compiler: Compiler, objects: Sequence[Path], work: Path, log: Path) -> None:
    """Compiles the ops' files and links them with the kernels' objects into `work`."""
    include, link = _tensorflow_flags()
    batches = _write_batches(work)
    with _pool() as pool:
        flags = (*OPS_FLAGS, *include)
        done = [pool.submit(compile_file, compiler, path, flags, work, log) for path in batches]
        _all(batches, done)
    own = sorted(work.glob("*.o"))
    link_library(compiler, (*objects, *own), work / OPS_LIBRARY, (*link, "-ldl"), log)
    for leftover in (*own, *batches):
        leftover.unlink()


def _write_batches(work: Path) -> list[Path]:
    """A file for each processor that includes its share of the ops' files.

    Reading TensorFlow's headers takes 5 s, three times as long as all that follows them in one of these files.
    """
    files = ops_sources()
    count = min(_processors(), len(files))
    batches = [work / f"ops-{i}.cc" for i in range(count)]
    for i, batch in enumerate(batches):
        batch.write_text("".join(f'#include "{path.relative_to(SOURCE_DIR).as_posix()}"\n' for path in files[i::count]))
    return batches


def _processors() -> int:
    return os.cpu_count() or 1


def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_processors())


def _all(files: Iterable[Path], done: Iterable[Future[bool]]) -> None:
    for path, one in zip(files, done, strict=True):
        if not one.result():
            raise KernelBuildError(
                f"{path.name} of the XNOR kernels does not compile. Try another C++17 compiler (set CXX)."
            )


def object_file(source: Path, work: Path) -> Path:
    """Where a file's object goes in `work`: conv/conv.cc to conv-conv.o; beside it, where it is in `work` itself."""
    root = work if source.is_relative_to(work) else SOURCE_DIR
    return work / f"{'-'.join(source.relative_to(root).with_suffix('').parts)}.o"


def compile_file(compiler: Compiler, source: Path, flags: Sequence[str], work: Path, log: Path) -> bool:
    """Compiles one file to an object file in `work`; false if that fails."""
    command = [*compiler.command, *COMMON_FLAGS, INCLUDE_FLAG, *flags, "-c", str(source)]
    return _run([*command, "-o", str(object_file(source, work))], log)


def link_library(compiler: Compiler, objects: Sequence[Path], target: Path, flags: Sequence[str], log: Path) -> None:
    """Links object files to a shared library.

    Raises:
        KernelBuildError: it does not link.
    """
    command = [*compiler.command, "-shared", "-pthread", "-o", str(target), *map(str, objects), *flags]
    if not _run(command, log):
        raise KernelBuildError(f"{target.name} does not link. Reinstall the compiler and what it is linked with.")


def _tensorflow_flags() -> tuple[list[str], list[str]]:
    try:
        import tensorflow as tf
    except ImportError as error:
        raise KernelBuildError(f"TensorFlow cannot be loaded ({error}), so its ops cannot be built.") from error
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
