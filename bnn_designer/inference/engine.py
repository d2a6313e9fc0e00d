"""The engine in this process: a packed network with its memory and threads, numpy in and numpy out."""

from __future__ import annotations

import ctypes
import math
import os
import threading
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.inference.errors import EngineError
from bnn_designer.inference.float_kernels import FloatKernels, choose
from bnn_designer.kernels.builder import build_kernels
from bnn_designer.kernels.library import available_isas
from bnn_designer.packing.drafts import IMAGE, RESULT, SOURCES, STEPS, ZEROS
from bnn_designer.packing.header import GroupEntry
from bnn_designer.packing.network import PackedNetwork

FloatArray = npt.NDArray[np.float32]

#: As csrc/engine/group.h numbers them.
_PLACES = {IMAGE: -1, RESULT: -2, ZEROS: -3}
_MESSAGE_BYTES = 400
#: What runs a layer of 8 bits whose sums floats may not hold.
PLAIN_LOOP = "plain loop"


@cache
def _library() -> ctypes.CDLL:
    """The compiled kernels, built at first use; they need no TensorFlow."""
    path = build_kernels()
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        raise EngineError(f"{path} cannot be loaded ({error}). Delete that folder to have it built again.") from None
    integer, pointer = ctypes.c_int64, ctypes.c_void_p
    library.bnn_engine_new.restype = pointer
    library.bnn_engine_new.argtypes = [
        ctypes.c_char_p, ctypes.c_int, integer, integer, integer, ctypes.c_char_p, integer,
    ]  # fmt: skip
    library.bnn_engine_use.argtypes = [pointer, pointer, ctypes.c_int, ctypes.c_char_p, integer]
    library.bnn_engine_free.argtypes = [pointer]
    library.bnn_engine_free.restype = None
    library.bnn_engine_add.argtypes = [
        pointer, integer, pointer, integer, pointer, pointer, integer, pointer, pointer, ctypes.c_char_p, integer,
    ]  # fmt: skip
    library.bnn_engine_finish.argtypes = [pointer, ctypes.c_char_p, integer]
    library.bnn_engine_run.argtypes = [pointer, integer, pointer, integer, pointer, integer, pointer]
    library.bnn_engine_memory.argtypes = [pointer, pointer]
    library.bnn_engine_memory.restype = None
    library.bnn_engine_isa.argtypes = [pointer]
    library.bnn_engine_isa.restype = ctypes.c_char_p
    library.bnn_engine_library_kernel.argtypes = [pointer, integer]
    library.bnn_engine_library_kernel.restype = ctypes.c_char_p
    library.bnn_engine_runs_plain_loop.argtypes = [pointer, integer]
    library.bnn_engine_runs_plain_loop.restype = ctypes.c_bool
    return library


def float_kernels_here() -> FloatKernels:
    """What makes float convolutions in an engine that is asked for nothing.

    Raises:
        KernelBuildError, EngineError: as an engine would.
    """
    library = _library()
    library.bnn_chosen_isa.restype = ctypes.c_char_p
    chosen = library.bnn_chosen_isa()
    return choose(None, chosen.decode() if chosen else "", available_isas(library)[0])


def _processors() -> int:
    """Those that this process may use, where the system can say."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Engine:
    """A packed network, ready to run.

    Not to be used from two threads at once: calls wait for each other. Results are the same to the bit whatever the
    number of threads.

    Args:
        network: what to run; its numbers stay in use.
        threads: how many threads work on an image; None: one a processor.
        isa: the instruction set to use, such as "avx2"; None: the best one here, or the one in ``BNN_KERNELS``.
        float_kernels: what makes float convolutions: "own", "onednn", or None: see :func:`float_kernels.choose`.

    Raises:
        KernelBuildError: the kernels cannot be built here.
        EngineError: the engine refuses the network, or cannot have the memory it needs.
    """

    def __init__(
        self,
        network: PackedNetwork,
        threads: int | None = 1,
        isa: str | None = None,
        float_kernels: str | None = None,
    ) -> None:
        self._engine: int | None = None
        self._library = _library()
        self.network = network
        self.threads = threads if threads is not None else _processors()
        header = network.header
        self.input_shape = tuple(header.input_shape)
        self.outputs = header.outputs
        self._lock = threading.Lock()
        self._message = ctypes.create_string_buffer(_MESSAGE_BYTES)
        self._kept: list[Any] = []  # arrays whose addresses the engine holds
        engine = self._library.bnn_engine_new(
            isa.encode() if isa else None,
            self.threads,
            header.arena_bytes,
            math.prod(self.input_shape),
            self.outputs,
            self._message,
            _MESSAGE_BYTES,
        )
        if not engine:
            raise self._error()
        self._engine = engine
        self.isa = self._library.bnn_engine_isa(self._engine).decode()
        self.float_kernels = choose(float_kernels, self.isa, available_isas(self._library)[0])
        library, always = self.float_kernels.library, self.float_kernels.always
        if library and not self._library.bnn_engine_use(engine, library.table, always, self._message, _MESSAGE_BYTES):
            raise self._error()
        for group in header.groups:
            self._add(group)
        if not self._library.bnn_engine_finish(self._engine, self._message, _MESSAGE_BYTES):
            raise self._error()

    def close(self) -> None:
        """Gives threads and memory back."""
        if self._engine:
            self._library.bnn_engine_free(self._engine)
            self._engine = None

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def run(self, images: npt.ArrayLike) -> FloatArray:
        """What the network makes of images.

        Args:
            images: ``[n, height, width, channels]``, or one image without the first axis; read as float32.

        Returns:
            ``[n, outputs]``, or ``[outputs]`` for one image. A NaN counts as a positive number where its sign is taken.

        Raises:
            EngineError: the images have another shape, or the float library reports an error.
        """
        return self._run(images, None)

    def run_timed(self, image: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Seconds that each group takes of one image, in the order of the header's groups."""
        seconds = np.zeros(len(self.network.header.groups))
        self._run(image, seconds)
        return seconds

    def kernels(self) -> tuple[str, ...]:
        """What runs each group: a float library and its kernel, the engine's instruction set, or :data:`PLAIN_LOOP`."""
        found = []
        for group in range(len(self.network.header.groups)):
            kernel = self._library.bnn_engine_library_kernel(self._engine, group)
            library = self.float_kernels.library
            plain = self._library.bnn_engine_runs_plain_loop(self._engine, group)
            own = PLAIN_LOOP if plain else self.isa
            found.append(f"{library.name} {kernel.decode()}" if library and kernel else own)
        return tuple(found)

    def memory(self) -> dict[str, int]:
        """Bytes of ``arena``, ``weights`` (as in the file), ``tiled_weights`` (in reading order) and ``scratch``.

        Code that a float library makes for its kernels is not counted.
        """
        found = np.zeros(3, np.int64)
        self._library.bnn_engine_memory(self._engine, found.ctypes.data)
        arena, tiled, scratch = map(int, found)
        return {"arena": arena, "weights": self.network.weight_bytes, "tiled_weights": tiled, "scratch": scratch}

    def _run(self, images: npt.ArrayLike, seconds: npt.NDArray[np.float64] | None) -> FloatArray:
        array = np.ascontiguousarray(images, np.float32)
        single = array.ndim == 3
        batch = array[None] if single else array
        if batch.shape[1:] != self.input_shape or self._engine is None:
            if self._engine is None:
                raise EngineError("The engine is closed. Make a new one.")
            wanted = " x ".join(map(str, self.input_shape))
            raise EngineError(f"The images have the shape {array.shape}, and the network takes [n] x {wanted}.")
        result = np.empty((len(batch), self.outputs), np.float32)
        with self._lock:
            ran = self._library.bnn_engine_run(
                self._engine,
                len(batch),
                batch.ctypes.data,
                math.prod(self.input_shape),
                result.ctypes.data,
                self.outputs,
                seconds.ctypes.data if seconds is not None else None,
            )
        if not ran and self.float_kernels.library:
            name = self.float_kernels.library.name
            raise EngineError(f"{name} reports an error. Set BNN_FLOAT_KERNELS=own to do without it.")
        return result[0] if single else result

    def _add(self, group: GroupEntry) -> None:
        geometry = np.array(group.geometry, np.int64)
        parts = np.array([(self._place(part.tensor), part.channels) for part in group.parts], np.int64)
        blobs = np.array([*map(self._address, group.weights), 0, 0][:2], np.int64)
        steps = np.array(
            [
                (
                    STEPS.index(step.kind),
                    self._place(step.tensor) if step.tensor else 0,
                    *([*map(self._address, step.numbers), 0, 0][:2]),
                )
                for step in group.steps
            ],
            np.int64,
        )
        limits = np.array(
            [
                (-math.inf if step.low is None else step.low, math.inf if step.high is None else step.high)
                for step in group.steps
            ],
            np.float32,
        )
        added = self._library.bnn_engine_add(
            self._engine,
            SOURCES.index(group.source),
            geometry.ctypes.data,
            len(parts),
            parts.ctypes.data,
            blobs.ctypes.data,
            len(group.steps),
            steps.ctypes.data,
            limits.ctypes.data,
            self._message,
            _MESSAGE_BYTES,
        )
        if not added:
            raise self._error(f"{group.path or group.name}: ")

    def _place(self, tensor: str) -> int:
        return _PLACES[tensor] if tensor in _PLACES else self.network.tensors[tensor].offset

    def _address(self, index: int) -> int:
        array = self.network.blob(index)
        self._kept.append(array)
        return array.ctypes.data

    def _error(self, where: str = "") -> EngineError:
        return EngineError(f"{where}the engine cannot run this: {self._message.value.decode(errors='replace')}.")
