"""ONNX's messages in protobuf's wire format: the few that a network of one graph needs, as onnx.proto3 numbers them.

A message is its fields one after the other: the field's number and how it is kept, then a number in groups of 7 bits
(0), 4 bytes (5), or so many bytes (2). What is written in the same order is the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
#: An attribute's value: its type decides how it is kept.
Value = int | float | str | Sequence[int]

#: TensorProto.DataType.
ELEMENTS = {"float32": 1, "int8": 3, "int64": 7}
FLOAT, INT64 = ELEMENTS["float32"], ELEMENTS["int64"]
#: AttributeProto.AttributeType, and the field that holds such a value.
_FLOAT, _INT, _STRING, _INTS = 1, 2, 3, 7
#: Of the file format, not of its operators: what ONNX 1.10 and all later read.
IR_VERSION = 8


@dataclass
class Graph:
    """A model while it is written.

    Attributes:
        nodes, initializers, infos: messages; infos are shapes of tensors between nodes.
    """

    nodes: list[bytes] = field(default_factory=list)
    initializers: list[bytes] = field(default_factory=list)
    infos: list[bytes] = field(default_factory=list)
    _known: dict[tuple[str, tuple[int, ...], bytes], str] = field(default_factory=dict)

    def node(
        self,
        kind: str,
        inputs: Sequence[str],
        output: str,
        domain: str = "",
        attributes: Mapping[str, Value] | None = None,
    ) -> str:
        """A NodeProto with one output, whose name is the node's too; the name."""
        parts = [*(_text(1, name) for name in inputs), _text(2, output), _text(3, output), _text(4, kind)]
        parts += [_data(5, _attribute(name, value)) for name, value in (attributes or {}).items()]
        self.nodes.append(b"".join([*parts, _text(7, domain) if domain else b""]))
        return output

    def constant(self, array: Array) -> str:
        """A TensorProto, once for all that read it; its name."""
        data = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
        key = (array.dtype.name, array.shape, data)
        if key not in self._known:
            name = self._known[key] = f"constant_{len(self._known)}"
            parts = [_number(1, size) for size in array.shape]
            parts += [_number(2, ELEMENTS[array.dtype.name]), _text(8, name), _data(9, data)]
            self.initializers.append(b"".join(parts))
        return self._known[key]

    def model(
        self,
        name: str,
        producer: tuple[str, str],
        given: tuple[str, Sequence[int | str]],
        result: tuple[str, Sequence[int | str]],
        operators: dict[str, int],
    ) -> bytes:
        """The ModelProto.

        Args:
            name: of the graph.
            producer: who has written it, and in which version.
            given, result: the names and shapes of input and output, in float32; a size that is a text is any size.
            operators: the version of each domain of operators; "" is ONNX's own.
        """
        graph = [*(_data(1, node) for node in self.nodes), _text(2, name)]
        graph += [_data(5, one) for one in self.initializers]
        graph += [_data(11, tensor_info(*given)), _data(12, tensor_info(*result))]
        graph += [_data(13, one) for one in self.infos]
        parts = [_number(1, IR_VERSION), _text(2, producer[0]), _text(3, producer[1]), _data(7, b"".join(graph))]
        parts += [
            _data(8, (_text(1, domain) if domain else b"") + _number(2, version))
            for domain, version in operators.items()
        ]
        return b"".join(parts)


def tensor_info(name: str, shape: Sequence[int | str]) -> bytes:
    """A ValueInfoProto of a tensor in float32."""
    sizes = [_data(1, _text(2, size) if isinstance(size, str) else _number(1, size)) for size in shape]
    tensor = _number(1, FLOAT) + _data(2, b"".join(sizes))
    return _text(1, name) + _data(2, _data(1, tensor))


def _attribute(name: str, value: Value) -> bytes:
    if isinstance(value, str):
        kept = _text(4, value) + _number(20, _STRING)
    elif isinstance(value, float):
        kept = _key(2, 5) + struct.pack("<f", value) + _number(20, _FLOAT)
    elif isinstance(value, int):
        kept = _number(3, value) + _number(20, _INT)
    else:
        kept = b"".join(_number(8, one) for one in value) + _number(20, _INTS)
    return _text(1, name) + kept


def _key(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _number(number: int, value: int) -> bytes:
    return _key(number, 0) + _varint(value)


def _data(number: int, data: bytes) -> bytes:
    return _key(number, 2) + _varint(len(data)) + data


def _text(number: int, text: str) -> bytes:
    return _data(number, text.encode())


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; all but the last byte have the highest bit set. Negative ones as 64 bits."""
    value &= 2**64 - 1
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
