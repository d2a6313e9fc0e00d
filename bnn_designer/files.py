"""Files that are whole or not there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from bnn_designer.errors import BnnDesignerError


def write_text(path: Path, text: str, *, overwrite: bool) -> None:
    """Writes a text file, in UTF-8; see :func:`write_bytes`."""
    write_bytes(path, text.encode(), overwrite=overwrite)


def write_bytes(path: Path, data: bytes, *, overwrite: bool) -> None:
    """Writes a file in one step: a reader sees the old file or the whole new one.

    Raises:
        BnnDesignerError: the file is there and may not be overwritten, or it cannot be written.
    """
    if path.exists() and not overwrite:
        raise BnnDesignerError(f"{path}: the file already exists. Choose another name, or allow overwriting it.")
    temporary: str | None = None
    try:
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=".", delete=False) as file:
            temporary = file.name
            file.write(data)
        # A temporary file is readable by its owner only; what is written is as readable as the user's other files.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise BnnDesignerError(
            f"{path}: the file cannot be written: {error.strerror}. Choose another folder."
        ) from None
