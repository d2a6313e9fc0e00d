"""FlatBuffers and the maps of FlexBuffers, as far as a ``.tflite`` file needs them, from bytes of anybody's making.

Every place is checked before it is read, and nothing is copied but what is asked for. The formats are those of
https://flatbuffers.dev/internals and https://flatbuffers.dev/flexbuffers.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

#: An offset, and the length of a vector.
_WORD = "I"
#: Types of FlexBuffers: whole numbers with and without a sign, maps, truth values.
_INT, _UINT, _MAP, _BOOL = 1, 2, 9, 26
_SIGNED, _UNSIGNED = ("b", "h", "i", "q"), ("B", "H", "I", "Q")
#: LCE's operators have eight options, with names of at most 25 characters.
_MOST_OPTIONS, _LONGEST_NAME = 64, 64


class Damaged(Exception):  # noqa: N818 - what the bytes are
    """The bytes are no such buffer; its text says which part, for one sentence."""


@dataclass(frozen=True)
class Table:
    """A table in a buffer; its fields have numbers, in the order of the schema.

    Attributes:
        data: the whole buffer.
        place: of the table, in bytes.
    """

    data: memoryview
    place: int

    @classmethod
    def root(cls, data: memoryview) -> Table:
        """The table that a buffer begins with.

        Raises:
            Damaged: as all that reads.
        """
        return cls(data, _at(data, _WORD, 0))

    def number(self, field: int, code: str, default: float = 0) -> int:
        """A whole number of ``struct``'s code; ``default`` where the file leaves it out."""
        return int(self.real(field, code, default))

    def real(self, field: int, code: str, default: float = 0) -> float:
        place = self._field(field)
        return default if place is None else _at(self.data, code, place)

    def table(self, field: int) -> Table | None:
        place = self._field(field)
        return None if place is None else Table(self.data, place + _at(self.data, _WORD, place))

    def content(self, field: int, item_bytes: int = 1) -> memoryview:
        """A vector's bytes, in place; none where there is no vector."""
        place = self._field(field)
        if place is None:
            return self.data[:0]
        start = place + _at(self.data, _WORD, place)
        length = _at(self.data, _WORD, start)
        end = start + 4 + length * item_bytes
        if end > len(self.data):
            raise Damaged("a list is longer than the file")
        return self.data[start + 4 : end]

    def integers(self, field: int, most: int) -> tuple[int, ...]:
        """A vector of 32-bit numbers with a sign, of which there are ``most`` at most."""
        found = self.content(field, 4)
        if len(found) > 4 * most:
            raise Damaged(f"a list has {len(found) // 4:,} numbers, where {most:,} are the most")
        return struct.unpack(f"<{len(found) // 4}i", found)

    def tables(self, field: int, most: int) -> tuple[Table, ...]:
        """A vector of tables, of which there are ``most`` at most."""
        found = self.content(field, 4)
        if len(found) > 4 * most:
            raise Damaged(f"a list has {len(found) // 4:,} entries, where {most:,} are the most")
        place = self._field(field)
        if place is None:
            return ()
        first = place + _at(self.data, _WORD, place) + 4
        places = range(first, first + len(found), 4)
        return tuple(Table(self.data, one + _at(self.data, _WORD, one)) for one in places)

    def text(self, field: int, most: int = 1000) -> str:
        """A string, cut off behind ``most`` bytes."""
        return bytes(self.content(field)[:most]).decode("utf-8", "replace")

    def _field(self, field: int) -> int | None:
        """Where a field is; None: the file leaves it out."""
        names = self.place - _at(self.data, "i", self.place)
        entry = 4 + 2 * field
        if entry + 2 > _at(self.data, "H", names):
            return None
        offset = _at(self.data, "H", names + entry)
        return self.place + offset if offset else None


def options(data: memoryview) -> dict[str, int]:
    """The whole numbers in a map of FlexBuffers, by name; values of other kinds are left out.

    Raises:
        Damaged: it is no map.
    """
    if len(data) < 3:
        raise Damaged("an operator has no options")
    width, kind = _width(data[-1]), data[-2]
    if kind >> 2 != _MAP:
        raise Damaged("the options of an operator are no map")
    root = len(data) - 2 - width
    values = root - _unsigned(data, root, width)
    width = 1 << (kind & 3)
    count = _unsigned(data, values - width, width)
    if count > _MOST_OPTIONS:
        raise Damaged(f"an operator has {count:,} options")
    keys = values - 3 * width - _unsigned(data, values - 3 * width, width)
    key_width = _width(_unsigned(data, values - 2 * width, width))
    found = {}
    for index in range(count):
        entry = keys + index * key_width
        kind = _at(data, "B", values + count * width + index) >> 2
        if kind in (_INT, _UINT, _BOOL):
            codes = _SIGNED if kind == _INT else _UNSIGNED
            name = _name(data, entry - _unsigned(data, entry, key_width))
            found[name] = _at(data, codes[width.bit_length() - 1], values + index * width)
    return found


def _width(found: int) -> int:
    if found not in (1, 2, 4, 8):
        raise Damaged("the options of an operator are no map")
    return found


def _unsigned(data: memoryview, place: int, width: int) -> int:
    return _at(data, _UNSIGNED[width.bit_length() - 1], place)


def _name(data: memoryview, place: int) -> str:
    if place < 0:
        raise Damaged("it points to places outside")
    found, end, _ = bytes(data[place : place + _LONGEST_NAME]).partition(b"\0")
    if not end:
        raise Damaged("the name of an option does not end")
    return found.decode("utf-8", "replace")


def _at(data: memoryview, code: str, place: int) -> int:
    """The number at a place; little-endian, as the format has it on every machine."""
    if place < 0:
        raise Damaged("it points to places outside")
    try:
        found: int = struct.unpack_from(f"<{code}", data, place)[0]
    except struct.error:
        raise Damaged("it points to places outside") from None
    return found
