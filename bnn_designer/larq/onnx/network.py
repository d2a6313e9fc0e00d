"""An ONNX file as its nodes and constants: what onnx.proto3 says, by the numbers of its fields."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.errors import BnnDesignerError
from bnn_designer.files import open_file
from bnn_designer.graph.bounds import MAX_INPUTS, MAX_LAYERS
from bnn_designer.larq.onnx.wire import Budget, Damaged, Message

#: AlexNet in floats takes 240 MB.
MAX_FILE_BYTES = 512 * 2**20
#: A layer takes several nodes, such as a comparison and a choice for a sign.
_MOST_NODES = 8 * MAX_LAYERS
_MOST_AXES = 8
_MOST_ATTRIBUTES = 64
MEND = "Take a file that an exporter wrote, with its weights in it"
#: TensorProto.DataType: NumPy's code, and the field where numbers stand that are not in ``raw_data``.
_TYPES: dict[int, tuple[str, int]] = {
    1: ("<f4", 4),
    2: ("u1", 5),
    3: ("i1", 5),
    6: ("<i4", 5),
    7: ("<i8", 7),
    9: ("?", 5),
    11: ("<f8", 10),
}
_EXTERNAL = 1

#: What an attribute is: a number, a text, several numbers, or a constant.
Attribute = int | float | str | tuple[int, ...] | npt.NDArray[Any]


@dataclass(frozen=True)
class FileNode:
    """An operator in the file.

    Attributes:
        kind: ``Conv``, ``BipolarQuant``, ...
        name: as the file has it, or that of its first output.
        inputs, outputs: names of tensors; "": left out.
        attributes: by name; kinds that no operator here needs are left out.
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]


@dataclass(frozen=True)
class Network:
    """What a file says.

    Attributes:
        nodes: in running order.
        constants: numbers by name; not copied where the file has them in one piece.
        inputs: what the caller gives, by name, with its shape; a size of 0 is any.
        outputs: names.
    """

    nodes: tuple[FileNode, ...]
    constants: Mapping[str, npt.NDArray[Any]]
    inputs: Mapping[str, tuple[int, ...]]
    outputs: tuple[str, ...]


def network_in_file(path: Path) -> Network:
    """Reads a file; constants stay in its bytes.

    Raises:
        BnnDesignerError: there is no such file, it is no ONNX file, or its weights are outside.
    """
    try:
        with open_file(path) as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise BnnDesignerError(f"{path}: there is no such file. Check the path.") from None
    except OSError as error:
        raise BnnDesignerError(f"{path}: it cannot be read: {error.strerror or error}. Check the path.") from None
    if len(content) > MAX_FILE_BYTES:
        raise BnnDesignerError(f"{path}: it is longer than {MAX_FILE_BYTES >> 20} MiB. {MEND}.")
    try:
        return _network(memoryview(content))
    except Damaged as error:
        raise BnnDesignerError(f"{path}: this is no ONNX file that can be read: {error}. {MEND}.") from error


def _network(content: memoryview) -> Network:
    graph = Message.read(content, Budget()).message(7)
    if graph is None:
        raise Damaged("it has no graph of operators")
    constants = dict(_tensor(one) for one in graph.messages(5, _MOST_NODES))
    if graph.parts.get(15):
        raise Damaged("it has sparse constants")
    nodes, read = [], 0
    for one in graph.messages(1, _MOST_NODES):
        node = _node(one)
        nodes.append(node)
        read += len(node.inputs)
        if read > 8 * MAX_INPUTS:
            raise Damaged(f"its operators read more than {8 * MAX_INPUTS:,} tensors")
    inputs = dict(_info(one) for one in graph.messages(11, _MOST_NODES))
    outputs = tuple(one.name(1) for one in graph.messages(12, 100))
    given = {name: shape for name, shape in inputs.items() if name not in constants}
    return Network(tuple(nodes), constants, given, outputs)


def _node(message: Message) -> FileNode:
    outputs, domain, kind = message.names(2), message.text(7), message.text(4)
    attributes = dict(_attribute(one) for one in message.messages(5, _MOST_ATTRIBUTES))
    known = domain in ("", "ai.onnx", "onnx.brevitas") or domain.endswith("custom_op.general")
    name = message.text(3) or (outputs[0][:200] if outputs else "")
    return FileNode(kind if known else f"{domain}.{kind}", name, message.names(1), outputs, attributes)


def _attribute(message: Message) -> tuple[str, Attribute]:
    kind, name = message.number(20), message.text(1)
    if kind == 1:
        return name, message.real(2)
    if kind == 2:
        return name, message.number(3)
    if kind == 3:
        return name, message.text(4)
    if kind == 7:
        return name, message.integers(8, 1000)
    tensor = message.message(5) if kind == 4 else None
    return name, f"an attribute of type {kind}" if tensor is None else _tensor(tensor)[1]


def _tensor(message: Message) -> tuple[str, npt.NDArray[Any]]:
    name = message.name(8)
    if message.number(14) == _EXTERNAL or message.parts.get(13):
        raise Damaged(f"the numbers of '{name[:100]}' are in another file, and nothing but this one is read")
    shape, kind = message.integers(1, _MOST_AXES), message.number(2)
    if kind not in _TYPES:
        return name, np.zeros(0, "V1")  # refused where it is read
    code, field = _TYPES[kind]
    found = _numbers(message, code, field)
    if min(shape, default=0) < 0 or math.prod(shape) != found.size:
        raise Damaged(f"the constant '{name[:100]}' has other numbers than its shape needs")
    return name, found.reshape(shape)


def _numbers(message: Message, code: str, field: int) -> npt.NDArray[Any]:
    if raw := message.parts.get(9):
        if len(raw[-1]) % np.dtype(code).itemsize:
            raise Damaged("a constant ends in the middle of a number")
        return np.frombuffer(raw[-1], code)
    if field in (4, 10):
        return message.array(field, code)
    found = np.array(message.integers(field, 10**6), np.int64)
    return found if code == "<i8" else found.astype(code)


def _info(message: Message) -> tuple[str, tuple[int, ...]]:
    """The name of a tensor of floats, and its shape; of anything else no shape."""
    kind = message.message(2)
    tensor = kind.message(1) if kind is not None else None
    shape = tensor.message(2) if tensor is not None else None
    if tensor is None or shape is None or tensor.number(1) != 1:
        return message.name(1), ()
    return message.name(1), tuple(max(size.number(1), 0) for size in shape.messages(1, _MOST_AXES))
