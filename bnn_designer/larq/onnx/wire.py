"""Protobuf's wire format, as far as an ONNX file needs it, from bytes of anybody's making.

A message is its fields one after the other: a number and how the field is kept, then 7 bits a byte (0), 8 bytes (1), so
many bytes (2) or 4 bytes (5). The format is that of https://protobuf.dev/programming-guides/encoding. Nothing is copied
but numbers, and all messages of a file together may have so many fields.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

#: A network of the most layers has some 30 fields a layer.
MOST_FIELDS = 1_000_000
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Damaged(Exception):  # noqa: N818 - what the bytes are
    """The bytes are no such message; its text says which part, for one sentence."""


@dataclass
class Budget:
    """How many fields may still be read of a file."""

    fields: int = MOST_FIELDS

    def take(self) -> None:
        self.fields -= 1
        if self.fields < 0:
            raise Damaged(f"it has more than {MOST_FIELDS:,} fields")


@dataclass(frozen=True)
class Message:
    """A message in the bytes of a file.

    Attributes:
        numbers: of fields kept as whole numbers of 64 bits without a sign.
        parts: of fields kept as bytes: texts, messages, numbers in a row; and of 4 or 8 bytes.
    """

    budget: Budget
    numbers: dict[int, list[int]] = field(default_factory=dict)
    parts: dict[int, list[memoryview]] = field(default_factory=dict)

    @classmethod
    def read(cls, data: memoryview, budget: Budget) -> Message:
        """Raises Damaged where the bytes are no message."""
        found, at = cls(budget), 0
        while at < len(data):
            budget.take()
            key, at = _varint(data, at)
            number, kind = key >> 3, key & 7
            if kind == _VARINT:
                value, at = _varint(data, at)
                found.numbers.setdefault(number, []).append(value)
                continue
            if kind == _BYTES:
                size, at = _varint(data, at)
            elif kind in (_FIXED32, _FIXED64):
                size = 4 if kind == _FIXED32 else 8
            else:
                raise Damaged(f"a field is kept in way {kind}, which is none")
            if at + size > len(data):
                raise Damaged("a field is longer than what it is in")
            found.parts.setdefault(number, []).append(data[at : at + size])
            at += size
        return found

    def number(self, field: int, default: int = 0) -> int:
        """A whole number with a sign."""
        found = self.numbers.get(field)
        return _signed(found[-1]) if found else default

    def integers(self, field: int, most: int) -> tuple[int, ...]:
        """Numbers with a sign, one by one or in a row, of which there are ``most`` at most."""
        found = [_signed(value) for value in self.numbers.get(field, [])]
        for part in self.parts.get(field, []):
            at = 0
            while at < len(part) and len(found) <= most:
                self.budget.take()
                value, at = _varint(part, at)
                found.append(_signed(value))
        if len(found) > most:
            raise Damaged(f"a list has more than {most:,} numbers")
        return tuple(found)

    def real(self, field: int) -> float:
        parts = self.parts.get(field, [])
        if not parts or len(parts[-1]) != 4:
            return 0.0
        found: float = struct.unpack("<f", parts[-1])[0]
        return found

    def array(self, field: int, code: str) -> npt.NDArray[np.float32 | np.float64]:
        """Numbers of a fixed size, one by one or in a row, by NumPy's code."""
        joined = b"".join(self.parts.get(field, []))
        if len(joined) % np.dtype(code).itemsize:
            raise Damaged("a list of numbers ends in the middle of one")
        return np.frombuffer(joined, code)

    def text(self, field: int, most: int = 200) -> str:
        """A text, cut off behind ``most`` bytes."""
        parts = self.parts.get(field, [])
        return bytes(parts[-1][:most]).decode("utf-8", "replace") if parts else ""

    def name(self, field: int) -> str:
        """A name by which something is found again: whole."""
        parts = self.parts.get(field, [])
        return bytes(parts[-1]).decode("utf-8", "replace") if parts else ""

    def names(self, field: int) -> tuple[str, ...]:
        return tuple(bytes(part).decode("utf-8", "replace") for part in self.parts.get(field, []))

    def message(self, field: int) -> Message | None:
        parts = self.parts.get(field, [])
        return Message.read(parts[-1], self.budget) if parts else None

    def messages(self, field: int, most: int) -> Iterator[Message]:
        """Messages one by one, of which there are ``most`` at most."""
        parts = self.parts.get(field, [])
        if len(parts) > most:
            raise Damaged(f"a list has {len(parts):,} entries, where {most:,} are the most")
        for part in parts:
            yield Message.read(part, self.budget)


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number in groups of 7 bits, the lowest first, and where it ends; ten bytes at most."""
    found = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise Damaged("it ends in the middle of a number")
        byte = data[at]
        at += 1
        found |= (byte & 0x7F) << shift
        if byte < 0x80:
            return found & (2**64 - 1), at
    raise Damaged("a number has more than 64 bits")


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value
