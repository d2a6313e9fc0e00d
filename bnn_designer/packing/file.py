"""The file of a packed network: one, without code, whole or refused.

==============  =========================================================================
bytes           what
==============  =========================================================================
0 to 8          ``BNNPACK`` and a zero
8 to 12         the format's version, an unsigned number, little-endian as all numbers are
12 to 16        zeros
16 to 24        length of the header in bytes
24 to 32        length of the numbers in bytes
32 to 64        SHA-256 over bytes 0 to 32 and all from 64 on
64 on           the header: JSON in UTF-8 (packing/header.py); zeros up to a multiple of 64
behind it       the numbers: arrays of float32, of words of 64 bits and of whole numbers of 8 and 32 bits, each at a
                multiple of 64
==============  =========================================================================

Format 2 has what layers of 8 bits need; a network without them is written in format 1, which older versions read.
"""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from bnn_designer.files import open_file, write_bytes
from bnn_designer.packing.errors import PackedFileError
from bnn_designer.packing.header import LARGEST_BYTES, Header
from bnn_designer.packing.network import BLOB_ALIGNMENT, MisfitError, PackedNetwork, check

MAGIC = b"BNNPACK\0"
VERSION = 2
_WITHOUT_INT8 = 1
_START = struct.Struct("<8sIIQQ")
_DIGEST_BYTES = hashlib.sha256().digest_size
_HEADER_AT = _START.size + _DIGEST_BYTES
LARGEST_HEADER_BYTES = 2**26
_REPACK = "Pack the network again"


def to_bytes(network: PackedNetwork) -> bytes:
    """The file's bytes; the same network gives the same ones."""
    header = network.header.model_dump_json(exclude_defaults=True).encode()
    version = VERSION if any(group.source == "int8_conv" for group in network.header.groups) else _WITHOUT_INT8
    start = _START.pack(MAGIC, version, 0, len(header), len(network.numbers))
    body = header + bytes(-(_HEADER_AT + len(header)) % BLOB_ALIGNMENT) + network.numbers.tobytes()
    return start + hashlib.sha256(start + body).digest() + body


def save(network: PackedNetwork, path: Path, *, overwrite: bool = False) -> int:
    """Writes the file in one step, and returns its size in bytes.

    Raises:
        BnnDesignerError: the file is there and may not be overwritten, or it cannot be written.
    """
    data = to_bytes(network)
    write_bytes(path, data, overwrite=overwrite)
    return len(data)


def load(path: Path) -> PackedNetwork:
    """Reads and checks a file.

    Raises:
        PackedFileError: it cannot be read, or is not whole, or holds what the engine could not run safely.
    """
    try:
        with open_file(path) as file:
            data = np.fromfile(file, np.uint8)
    except OSError as error:
        raise PackedFileError(
            str(path), f"the file cannot be read: {error.strerror or error}", "Check the name"
        ) from None
    return from_bytes(data, str(path))


def from_bytes(data: np.typing.NDArray[np.uint8], where: str = "packed network") -> PackedNetwork:
    """The network in a file's bytes.

    Raises:
        PackedFileError: as ``load``.
    """
    if len(data) < _HEADER_AT or data[: len(MAGIC)].tobytes() != MAGIC:
        raise PackedFileError(
            where, "this is not a packed network: it does not start with BNNPACK", "Make one with `bnn-designer pack`"
        )
    _, version, _, header_size, numbers_size = _START.unpack(data[: _START.size].tobytes())
    if version not in (_WITHOUT_INT8, VERSION):
        newer = "Use a newer version of BNN Designer" if version > VERSION else _REPACK
        rule = f"the file has format {version}, and this version reads formats {_WITHOUT_INT8} and {VERSION}"
        raise PackedFileError(where, rule, newer)
    if header_size > LARGEST_HEADER_BYTES or numbers_size > LARGEST_BYTES:
        raise PackedFileError(where, f"a header of {header_size} and numbers of {numbers_size} bytes", _REPACK)
    numbers_at = -(-(_HEADER_AT + header_size) // BLOB_ALIGNMENT) * BLOB_ALIGNMENT
    if len(data) != numbers_at + numbers_size:
        rule = f"the file has {len(data)} bytes and should have {numbers_at + numbers_size}"
        raise PackedFileError(where, rule, "Copy it again, or pack the network again")
    digest = hashlib.sha256(data[: _START.size].tobytes())
    digest.update(data[_HEADER_AT:].data)
    if digest.digest() != data[_START.size : _HEADER_AT].tobytes():
        rule = "the checksum does not match: the file was damaged or changed"
        raise PackedFileError(where, rule, "Copy it again, or pack the network again")
    try:
        header = Header.model_validate_json(data[_HEADER_AT : _HEADER_AT + header_size].tobytes())
        network = PackedNetwork(header, data[numbers_at:])
        check(network)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise PackedFileError(
            where, f"the header is not valid at {place or 'its start'}: {first['msg']}", _REPACK
        ) from None
    except MisfitError as error:
        raise PackedFileError(where, f"the file is not consistent: {error}", _REPACK) from None
    return network
