"""oneDNN, where it is installed: its convolutions behind a small library of ours (csrc/engine/onednn.cc), built once.

It is optional. Nothing here is loaded with the kernels, so they work without it, and after it was removed.
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bnn_designer.folders import cache_dir
from bnn_designer.kernels.builder import Say, build_once, compile_file, link_library, object_file
from bnn_designer.kernels.sources import COMMON_FLAGS, ONEDNN_SOURCES, digest
from bnn_designer.kernels.toolchain import Compiler, KernelBuildError, find_compiler

ONEDNN_LIBRARY = "libbnn_onednn.so"
_FLAGS = ("-O2",)
_INSTALL = "Install it (Debian and Ubuntu: apt install libdnnl-dev)"
_TEXT_BYTES = 400


@dataclass(frozen=True)
class OneDnn:
    """The loaded library.

    Attributes:
        name: with its version, such as "oneDNN 2.6.3".
        table: address of its bnn::FloatLibrary, for the engine.
    """

    name: str
    table: int


@cache
def headers_version() -> str:
    """The version of the headers that the compiler finds, such as "2.6.3".

    Raises:
        KernelBuildError: there is no compiler, or it finds none.
    """
    command = [*find_compiler().command, "-E", "-dM", "-x", "c++", "-include", "dnnl_version.h", os.devnull]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    found = dict(re.findall(r"^#define DNNL_VERSION_(MAJOR|MINOR|PATCH) (\d+)$", result.stdout, re.MULTILINE))
    if result.returncode != 0 or len(found) != 3:
        raise KernelBuildError(f"The compiler does not find oneDNN. {_INSTALL}.")
    return ".".join(found[part] for part in ("MAJOR", "MINOR", "PATCH"))


def onednn_path() -> Path:
    """Where the library is, or will be once built.

    Raises:
        KernelBuildError: as above.
    """
    parts = (find_compiler().version, headers_version(), *COMMON_FLAGS, *_FLAGS)
    return cache_dir() / digest(parts, ONEDNN_SOURCES) / ONEDNN_LIBRARY


def build_onednn(say: Say = lambda _: None) -> Path:
    """Builds it, if the cache has none for this compiler and oneDNN; a build that failed is not tried again.

    Raises:
        KernelBuildError: as above, or because it does not compile or link.
    """
    path = onednn_path()
    failed = path.parent.with_name(f"{path.parent.name}-failed.log")
    if failed.exists() and not path.exists():
        raise KernelBuildError(
            f"The kernels cannot be built for oneDNN {headers_version()}: see {failed}. Delete that file to try again."
        )
    return build_once(path, f"the float kernels of oneDNN {headers_version()}", _compile, say)


@cache
def open_onednn() -> OneDnn:
    """The library, built and loaded, once a process.

    Raises:
        KernelBuildError: it cannot be had here; one sentence and how to mend it.
    """
    path = build_onednn()
    # TensorFlow has another oneDNN in it and shows its names to the whole process; ours must find its own.
    mode = getattr(os, "RTLD_DEEPBIND", 0) | os.RTLD_LOCAL
    try:
        library = ctypes.CDLL(str(path), mode=mode)
    except OSError as error:
        raise KernelBuildError(f"oneDNN cannot be loaded ({error}). {_INSTALL} again.") from error
    text = ctypes.create_string_buffer(_TEXT_BYTES)
    library.bnn_float_library.restype = ctypes.c_void_p
    table = library.bnn_float_library(text, ctypes.c_int64(_TEXT_BYTES))
    if not table:
        raise KernelBuildError(f"{text.value.decode(errors='replace')}. {_INSTALL} again.")
    # The table begins with a number and the name (csrc/engine/float_library.h).
    name = ctypes.c_char_p.from_address(table + ctypes.sizeof(ctypes.c_int64)).value or b"oneDNN"
    return OneDnn(name.decode(), table)


def _compile(compiler: Compiler, work: Path, log: Path, say: Say) -> None:
    source = ONEDNN_SOURCES[0]
    if not compile_file(compiler, source, _FLAGS, work, log):
        raise KernelBuildError(f"{source.name} does not compile with oneDNN {headers_version()}.")
    link_library(compiler, [object_file(source, work)], work / ONEDNN_LIBRARY, ("-ldnnl",), log)
