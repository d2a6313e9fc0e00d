"""Images for the engine: from a file, or the test images of a data set."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bnn_designer.errors import BnnDesignerError
from bnn_designer.files import open_file, write_bytes
from bnn_designer.training.data.images import Labels

FloatArray = npt.NDArray[np.float32]


def scaled(images: npt.NDArray[np.uint8]) -> FloatArray:
    """Bytes 0 .. 255 to float32 -1 .. 1, in the order of operations that training has (training/augment.py)."""
    return images.astype(np.float32) / np.float32(127.5) - np.float32(1)


def images_of(path: Path) -> FloatArray:
    """The images in an .npy file; bytes are scaled. No file is unpickled.

    Raises:
        BnnDesignerError: the file cannot be read, or holds no numbers, or a NaN, whose sign means nothing.
    """
    try:
        with open_file(path) as file:
            found = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise BnnDesignerError(f"{path}: it cannot be read as an array ({error}). Save one with numpy.save.") from None
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "buif" or found.ndim not in (3, 4):
        raise BnnDesignerError(
            f"{path}: this is not an array of images. It must be [n, height, width, channels], of numbers."
        )
    images = scaled(found) if found.dtype == np.uint8 else found.astype(np.float32)
    if np.isnan(images).any():
        raise BnnDesignerError(f"{path}: an image holds NaN, which has no sign. Replace it by a number.")
    return images if images.ndim == 4 else images[None]


def test_images(data: str) -> tuple[FloatArray, Labels]:
    """The test images of a data set, scaled, and their labels; nothing is downloaded.

    Args:
        data: as a recipe names it.

    Raises:
        DataError: the set is not on this machine.
    """
    from bnn_designer.training.data import load

    found = load(data)
    return scaled(found.test_images), found.test_labels


def training_images(data: str, count: int) -> FloatArray:
    """So many training images of a data set, scaled, from its whole length: sets may be sorted by class.

    Args:
        data: as a recipe names it.
        count: how many; all of a set that has fewer.

    Raises:
        DataError: the set is not on this machine.
    """
    from bnn_designer.training.data import load

    images = load(data).train_images
    return scaled(images[np.linspace(0, len(images) - 1, min(count, len(images))).astype(int)])


def write_outputs(path: Path, outputs: FloatArray, *, overwrite: bool) -> None:
    """Writes outputs as an .npy file, in one step."""
    buffer = io.BytesIO()
    np.save(buffer, outputs, allow_pickle=False)
    write_bytes(path, buffer.getvalue(), overwrite=overwrite)
