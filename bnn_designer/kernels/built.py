"""Where the ops' library is, for those who must not start a compiler: importing a program's layers may not.

A library's name has the compiler's version in it, which only the compiler itself says. So each build leaves a note in
the cache, under a name made of all the rest: the sources, TensorFlow's version, and which compiler stands where.
"""

from __future__ import annotations

import contextlib
import platform
import shutil
from pathlib import Path

from bnn_designer import files
from bnn_designer.errors import BnnDesignerError
from bnn_designer.folders import cache_dir
from bnn_designer.kernels import attempts, builder, sources
from bnn_designer.kernels.toolchain import KernelBuildError, compiler_command, machine_sets, tensorflow_version


def find_built() -> Path | None:
    """The ops' library that was built here from these sources for this TensorFlow; None if there is none."""
    with contextlib.suppress(BnnDesignerError, OSError, ValueError):
        path = cache_dir() / _note().read_text(encoding="utf-8") / sources.OPS_LIBRARY
        return path if path.exists() else None
    return None


def library_path() -> Path:
    """Where the ops are, or will be once built.

    Raises:
        KernelBuildError: without a compiler or TensorFlow, both of which the name depends on.
    """
    return find_built() or sources.library_path()


def build(say: builder.Say = lambda _: None) -> Path:
    """Builds the ops if they are not there, and leaves the note for `find_built`.

    Args:
        say: called with each line of progress.

    Raises:
        KernelBuildError: as `builder.build`.
    """
    path = builder.build(say)
    if find_built() != path:
        with contextlib.suppress(BnnDesignerError):  # the library serves without the note
            files.write_text(_note(), path.parent.name, overwrite=True)
    return path


def obstacle() -> str | None:
    """Why the ops, which are not there, cannot be built now either, known without trying; None where it may be tried.

    Raises:
        KernelBuildError: there is no compiler or no TensorFlow.
    """
    for path in (sources.kernels_path(), sources.library_path()):
        if not path.exists() and (reason := attempts.obstacle(path.parent)) is not None:
            return reason
    return None


def _note() -> Path:
    """The note's file.

    Raises:
        KernelBuildError: there is no compiler or no TensorFlow.
    """
    command = compiler_command()
    program = Path(shutil.which(command[0]) or command[0]).resolve()
    try:
        state = program.stat()
    except OSError as error:
        raise KernelBuildError(f"The C++ compiler {command[0]} is not there ({error}). Set CXX to one.") from error
    compiler = (*command, str(program), str(state.st_size), str(state.st_mtime_ns))
    flags = (*sources.COMMON_FLAGS, *sources.KERNEL_FLAGS, *sources.OPS_FLAGS, *map(repr, machine_sets()))
    parts = (tensorflow_version(), platform.machine(), *compiler, *flags)
    return cache_dir() / f"{sources.digest(parts, sources.sources())}.built"
