"""One image through the packed network: what is asked, what came out, and the files that keep both with the run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field, ValidationError

from bnn_designer.errors import BnnDesignerError
from bnn_designer.files import write_bytes
from bnn_designer.inspection.bundle import READ_ERRORS, from_bytes, kept_bytes, to_bytes, unreadable
from bnn_designer.inspection.left_looks import LeftLook, ScoreLook, left_arrays
from bnn_designer.inspection.report import Frozen
from bnn_designer.runs.store import Store

ASK_FILE, TRIED_FILE, PACKED_FILE = "inside-ask.npz", "inside-tried.npz", "inside.bnn"
#: An image of 2,000 x 2,000 pixels and what is said of it, with the pictures of 150 layers.
MAX_BYTES = 32 * 2**20
_AGAIN = "Try an image again"

Pixels = npt.NDArray[np.uint8]


class Ask(Frozen):
    """What to try: a test image by its number, or the image that comes with it.

    Attributes:
        index: of the test image; None: the image is given.
        name: of a given image, such as that of its file.
    """

    index: int | None = Field(None, ge=0)
    name: str = Field("", max_length=300)


class GroupMs(Frozen):
    """The time of one group of layers, in ms."""

    layers: str
    ms: float


class Tried(Frozen):
    """What came out.

    Attributes:
        ask: what was tried.
        tried_at: Unix seconds.
        label: the class of a test image; None: not known.
        probabilities: of each class.
        engine_ms: the median time of an image in the packed engine, one thread.
        groups: where that goes, in running order.
        isa: the instruction set that it used.
        left: what each of its groups left for the next ones, in running order.
        why_no_left: why that is not known; "" where it is.
        scores: of each class, what the softmax was given; empty where there is no such thing.
        products: of how many products each score is the sum.
    """

    ask: Ask
    tried_at: float
    label: int | None
    probabilities: tuple[float, ...]
    engine_ms: float
    groups: tuple[GroupMs, ...]
    isa: str
    left: tuple[LeftLook, ...] = ()
    why_no_left: str = "It was tried by a program of before that did not keep this. Try it again."
    scores: tuple[ScoreLook, ...] = ()
    products: int = 0


@dataclass(frozen=True)
class TriedImage:
    """An image, uint8 [height, width, channels], with what came out.

    Attributes:
        left: of each of ``tried.left`` its array, see :class:`left_looks.LeftLook`.
    """

    tried: Tried
    image: Pixels
    left: tuple[npt.NDArray[Any] | None, ...] = ()


def packed_path(store: Store, run_id: str) -> Path:
    """The packed network of the weights that were looked into; not there where it cannot be packed."""
    return store.run_folder(run_id) / PACKED_FILE


def write_ask(store: Store, run_id: str, ask: Ask, image: Pixels | None) -> None:
    """Keeps what is to be tried, for the worker. Raises BnnDesignerError if it cannot be written."""
    arrays = {} if image is None else {"image": image}
    write_bytes(store.run_folder(run_id) / ASK_FILE, to_bytes(ask.model_dump_json(), arrays), overwrite=True)


def read_ask(store: Store, run_id: str, shape: tuple[int, int, int]) -> tuple[Ask, Pixels | None]:
    """What is to be tried; the image has the shape [height, width, channels] that the network takes.

    Raises:
        BnnDesignerError: there is nothing, or it cannot be read.
    """
    path = store.run_folder(run_id) / ASK_FILE
    try:
        text, arrays = from_bytes(path.read_bytes(), MAX_BYTES)
        ask = Ask.model_validate_json(text)
        image = None if ask.index is not None else _image(arrays["image"], shape)
    except (ValidationError, *READ_ERRORS) as error:
        raise unreadable(ASK_FILE, error, _AGAIN) from error
    return ask, image


def write_tried(store: Store, run_id: str, found: TriedImage) -> None:
    """Keeps the last image that was tried, with what came out. Raises BnnDesignerError if it cannot be written."""
    left = {f"left/{number}": array for number, array in enumerate(found.left) if array is not None}
    data = to_bytes(found.tried.model_dump_json(), {"image": found.image, **left})
    write_bytes(store.run_folder(run_id) / TRIED_FILE, data, overwrite=True)


def read_tried(store: Store, run_id: str, classes: int) -> TriedImage | None:
    """The last image that was tried; None: none was.

    Raises:
        BnnDesignerError: the file cannot be read, or is of another number of classes.
    """
    data = kept_bytes(store.run_folder(run_id) / TRIED_FILE, MAX_BYTES, _AGAIN)
    if data is None:
        return None
    try:
        text, arrays = from_bytes(data, MAX_BYTES)
        tried = Tried.model_validate_json(text)
        if len(tried.probabilities) != classes or (tried.label is not None and not 0 <= tried.label < classes):
            raise ValueError(f"it is not of {classes} classes")
        if tried.scores and len(tried.scores) != classes:
            raise ValueError(f"its scores are not of {classes} classes")
        return TriedImage(tried, _image(arrays["image"], None), left_arrays(tried.left, arrays))
    except (ValidationError, *READ_ERRORS) as error:
        raise unreadable(TRIED_FILE, error, _AGAIN) from error


def _image(array: npt.NDArray[np.generic], shape: tuple[int, int, int] | None) -> Pixels:
    if array.dtype != np.uint8 or array.ndim != 3:
        raise ValueError(f"its image is {array.dtype} {array.shape}")
    if shape is not None and array.shape != shape:
        raise ValueError(f"its image is {array.shape}, and the network takes {shape}")
    return array.astype(np.uint8)


def check_packed(store: Store, run_id: str) -> Path:
    """The packed network; raises BnnDesignerError where there is none."""
    path = packed_path(store, run_id)
    if not path.is_file():
        raise BnnDesignerError(f"Run {run_id}: its network is not packed. Look inside it first.")
    return path
