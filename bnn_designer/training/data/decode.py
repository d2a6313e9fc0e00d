"""One picture file to bytes: PNG or JPEG and nothing else, by Pillow, within bounds that are checked before pixels are.

Pictures come from anywhere. Their size is read from the header first, so that a small file that claims to be a huge
picture is refused before memory is taken for it.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bnn_designer.training.data.images import DataError

if TYPE_CHECKING:
    from PIL import Image as PillowImage

SUFFIXES = (".png", ".jpg", ".jpeg")
_FORMATS = ("PNG", "JPEG")
MAX_FILE_BYTES = 32 * 2**20
MAX_FILE_PIXELS = 50_000_000

#: Modes of Pillow -> whether the picture is in color. All have 8 bits a channel or fewer; a palette has colors.
_COLOR = {"1": False, "L": False, "LA": False, "P": True, "PA": True, "RGB": True, "RGBA": True}
_TRANSPARENT = ("LA", "PA", "RGBA")

_MEND = "Save it as PNG or JPEG with 8 bits a channel, in gray or RGB, or take it out"


def read_picture(path: Path, size: tuple[int, int] | None, channels: int | None) -> npt.NDArray[np.uint8]:
    """The picture in a file; see :func:`picture_of`.

    Args:
        path: a PNG or JPEG file.
        size, channels: of the result.

    Raises:
        DataError: the file cannot be read, is of another format, too large or damaged.
    """
    return picture_of(_content(path), path, size, channels)


def picture_of(content: bytes, path: Path, size: tuple[int, int] | None, channels: int | None) -> npt.NDArray[np.uint8]:
    """The picture in the contents of a file.

    It is turned as its EXIF note says, and what is transparent lies on white. Color becomes gray by ITU-R 601-2 luma,
    as Pillow's ``convert("L")``; gray becomes color by repeating it.

    Args:
        content: of a PNG or JPEG file.
        path: its name, for errors.
        size: height and width to scale to: the picture is scaled until it covers them, bilinearly with antialiasing,
            and what stands out is cut off evenly on both sides. None: as it is.
        channels: 1 or 3; None: as the picture has.

    Returns:
        uint8 [height, width, channels].

    Raises:
        DataError: it is of another format, too large or damaged.
    """
    from PIL import Image, UnidentifiedImageError

    _check_bytes(path, content)
    try:
        with warnings.catch_warnings():
            # of 89 million pixels and more, which are refused below
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
                _check_header(path, picture)
                return _decoded(picture, size, channels)
    except DataError:
        raise
    except UnidentifiedImageError as error:
        raise DataError(str(path), "it is no PNG and no JPEG, whatever its name says", _MEND) from error
    except Exception as error:  # Pillow raises many kinds on damaged files, SyntaxError and struct.error among them
        first = next(iter(str(error).splitlines()), "")
        rule = f"it cannot be read as a picture ({type(error).__name__}: {first})"
        raise DataError(str(path), rule, _MEND) from error


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise DataError(
            str(path), f"the file cannot be read ({error})", "See to it that it can, or take it out"
        ) from error
    return content


def _check_bytes(path: Path, content: bytes) -> None:
    if len(content) > MAX_FILE_BYTES:
        rule = f"the file has more than {MAX_FILE_BYTES / 2**20:.0f} MiB"
        raise DataError(str(path), rule, "Save it smaller")


def _check_header(path: Path, picture: PillowImage.Image) -> None:
    width, height = picture.size
    if width * height > MAX_FILE_PIXELS:
        rule = f"it is {height:,} x {width:,} pixels, and a file may have {MAX_FILE_PIXELS:,}"
        raise DataError(str(path), rule, "Save it smaller")
    if picture.mode not in _COLOR:
        raise DataError(str(path), f"its pixels are of the kind {picture.mode}", _MEND)


def _decoded(picture: PillowImage.Image, size: tuple[int, int] | None, channels: int | None) -> npt.NDArray[np.uint8]:
    from PIL import Image, ImageOps

    color = _COLOR[picture.mode] if channels is None else channels == 3
    turned = ImageOps.exif_transpose(picture)
    if turned.mode in _TRANSPARENT or "transparency" in turned.info:
        turned = turned.convert("RGBA")
        turned = Image.alpha_composite(Image.new("RGBA", turned.size, "white"), turned)
    converted = turned.convert("RGB")
    if not color:
        converted = converted.convert("L")
    if size is not None:
        height, width = size
        converted = ImageOps.fit(converted, (width, height), method=Image.Resampling.BILINEAR)
    pixels = np.asarray(converted)
    return pixels if color else pixels[..., None]
