"""The compiled library in this process: found, built, loaded, described. One state, kept for the process's life."""

from __future__ import annotations

import ctypes
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bnn_designer.errors import BnnDesignerError
from bnn_designer.folders import cache_dir
from bnn_designer.kernels.built import build, find_built, library_path, obstacle
from bnn_designer.kernels.toolchain import KernelBuildError, find_compiler

_lock = threading.Lock()


@dataclass(frozen=True)
class KernelInfo:
    """What is known about the compiled kernels without building them.

    Attributes:
        built: whether the cache holds a library for these sources, TensorFlow, compiler and flags.
        library_path: that library, or None if it is not built.
        compiler: what the C++ compiler says it is, or None if there is none.
        isa: the instruction set that runs here (one of `INSTRUCTION_SETS`), or None if unknown before a build.
        available_isas: all that run on this processor, best first; empty if unknown before a build.
        reason: why the kernels cannot be used (yet), one sentence with the mend; None if nothing is in the way.
    """

    built: bool
    library_path: Path | None
    compiler: str | None
    isa: str | None
    available_isas: tuple[str, ...]
    reason: str | None


@dataclass(frozen=True)
class Library:
    """The loaded library: `ops`, TensorFlow's module of raw ops, and `native`, its C interface (csrc/abi/)."""

    ops: Any
    native: ctypes.CDLL


@cache
def open_library(path: Path) -> Library:
    """Loads the library, once per process.

    Raises:
        KernelBuildError: if TensorFlow or the file does not load.
    """
    try:
        import tensorflow as tf

        # First through TensorFlow, which makes the module of those ops that are registered while the file loads.
        ops = tf.load_op_library(str(path))
        native = ctypes.CDLL(str(path))
    except Exception as error:  # whatever the loader or TensorFlow raise, it is one thing to the caller
        raise KernelBuildError(
            f"The XNOR kernels in {path} cannot be loaded ({type(error).__name__}: {error}). "
            "Delete that folder to have them built again."
        ) from error
    for name in ("bnn_chosen_isa", "bnn_choice_error"):
        getattr(native, name).restype = ctypes.c_char_p
    native.bnn_gemm_calls.restype = ctypes.c_int64
    return Library(ops, native)


def available_isas(native: ctypes.CDLL) -> tuple[str, ...]:
    """The instruction sets of this processor, best first, whatever ``BNN_KERNELS`` says.

    Args:
        native: a library with the C interface of the kernels (csrc/abi/).
    """
    native.bnn_isa_name.restype = ctypes.c_char_p
    supported = (index for index in range(native.bnn_isa_count()) if native.bnn_isa_supported(index))
    return tuple(native.bnn_isa_name(index).decode() for index in supported)


@cache
def _load_or_reason() -> tuple[Library | None, str | None]:
    """(the library, None), or (None, why not)."""
    try:
        # Loading the layers may have opened the one that was found: TensorFlow takes a kernel from one library only.
        library = open_library(find_built() or build())
    except BnnDesignerError as error:
        return None, str(error)
    except Exception as error:  # available() promises never to raise: the float engine still works
        return None, f"The XNOR kernels cannot be built ({type(error).__name__}: {error}). See {cache_dir()}."
    if library.native.bnn_chosen_isa() is None:
        return None, library.native.bnn_choice_error().decode()
    return library, None


def load() -> Any:
    """The module of raw ops TensorFlow makes of the library; builds it at first use.

    Raises:
        KernelBuildError: if the kernels cannot be had here.
    """
    with _lock:
        library, reason = _load_or_reason()
    if library is None:
        raise KernelBuildError(reason)
    return library.ops


def available() -> bool:
    """Whether the ops can be used; builds and loads them at the first call (about 10 s), once per process."""
    return unavailable_reason() is None


def unavailable_reason() -> str | None:
    """Why `available()` is False, one sentence with the mend; None if it is True. Builds like `available()`."""
    with _lock:
        return _load_or_reason()[1]


@cache
def chosen_isa() -> str | None:
    """The instruction set that the ops run on, None where they cannot be used. Builds like `available()`."""
    with _lock:
        library, _ = _load_or_reason()
    chosen = None if library is None else library.native.bnn_chosen_isa()
    return None if chosen is None else str(chosen.decode())


def info() -> KernelInfo:
    """What is known without building; loads TensorFlow only if the library is there."""
    try:
        compiler = find_compiler().version
        path = library_path()
    except KernelBuildError as error:
        return KernelInfo(False, None, None, None, (), str(error))
    if not path.exists():
        reason = obstacle() or "The XNOR kernels are not built yet. Run python -m bnn_designer.kernels.build."
        return KernelInfo(False, None, compiler, None, (), reason)
    try:
        native = open_library(path).native
    except KernelBuildError as error:
        return KernelInfo(True, path, compiler, None, (), str(error))
    isas = available_isas(native)
    chosen = native.bnn_chosen_isa()
    if chosen is None:
        return KernelInfo(True, path, compiler, None, isas, native.bnn_choice_error().decode())
    return KernelInfo(True, path, compiler, chosen.decode(), isas, None)
