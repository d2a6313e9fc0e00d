"""A ``.tflite`` file as its operators and tensors: what the schema of TensorFlow Lite says, and what LCE adds.

The numbers of fields and kinds are those of ``tensorflow/lite/schema/schema.fbs``, version 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bnn_designer.errors import BnnDesignerError
from bnn_designer.files import open_file
from bnn_designer.graph.bounds import MAX_INPUTS, MAX_LAYERS
from bnn_designer.larq.lce.flat import Damaged, Table, options

#: AlexNet in floats takes 240 MB.
MAX_FILE_BYTES = 512 * 2**20
#: Tensors beside their constants: an operator makes one, and reads a kernel, and two or three numbers a channel.
_MOST_TENSORS = 8 * MAX_LAYERS
_MOST_AXES = 8
_IDENTIFIER = b"TFL3"
MEND = "Take the file that Larq Compute Engine's converter wrote"
_CUSTOM = 32
_BUILTIN = {
    0: "ADD",
    1: "AVERAGE_POOL_2D",
    2: "CONCATENATION",
    3: "CONV_2D",
    4: "DEPTHWISE_CONV_2D",
    6: "DEQUANTIZE",
    9: "FULLY_CONNECTED",
    14: "LOGISTIC",
    17: "MAX_POOL_2D",
    18: "MUL",
    19: "RELU",
    20: "RELU_N1_TO_1",
    21: "RELU6",
    22: "RESHAPE",
    25: "SOFTMAX",
    28: "TANH",
    34: "PAD",
    39: "TRANSPOSE",
    40: "MEAN",
    41: "SUB",
    42: "DIV",
    43: "SQUEEZE",
    45: "STRIDED_SLICE",
    49: "SPLIT",
    54: "PRELU",
    60: "PADV2",
    98: "LEAKY_RELU",
    114: "QUANTIZE",
    117: "HARD_SWISH",
}
#: The types of tensors that are read, by number.
_TYPES: dict[int, tuple[str, str]] = {0: ("float32", "<f4"), 2: ("int32", "<i4")}


@dataclass(frozen=True)
class FileTensor:
    """A tensor.

    Attributes:
        name: as the file has it.
        shape: with the batch axis, where it has one.
        type: ``float32``, ``int32``, or ``type N``.
        content: the bytes of a constant; None: an operator or the caller makes it.
    """

    name: str
    shape: tuple[int, ...]
    type: str
    content: memoryview | None

    def values(self) -> npt.NDArray[np.float32 | np.int32]:
        """A constant's numbers, in its shape; not copied.

        Raises:
            Damaged: it is none, or has other bytes than its shape needs.
        """
        code = next((code for name, code in _TYPES.values() if name == self.type), None)
        if self.content is None or code is None:
            raise Damaged(f"no constant of float32 or int32 stands in '{self.name}'")
        if min(self.shape, default=0) < 0 or 4 * math.prod(self.shape) != len(self.content):
            raise Damaged(f"the constant '{self.name}' has other bytes than its shape needs")
        return np.frombuffer(self.content, code).reshape(self.shape)


@dataclass(frozen=True)
class Operator:
    """An operator.

    Attributes:
        kind: ``CONV_2D``, ``LceBconv2d``, ...
        inputs: numbers of tensors; -1: left out.
        outputs: the same.
        builtin: the options of a kind of TensorFlow Lite's own.
        custom: those of LCE's.
    """

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    builtin: Table | None
    custom: dict[str, int]


@dataclass(frozen=True)
class Network:
    """What a file says.

    Attributes:
        tensors: by number.
        operators: in running order.
        inputs: numbers of the tensors that the caller gives.
        outputs: of those that it takes.
    """

    tensors: tuple[FileTensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def network_in_file(path: Path) -> Network:
    """Reads a file; constants stay in its bytes.

    Raises:
        BnnDesignerError: there is no such file, or it is no ``.tflite`` file.
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
        rule = f"this is no .tflite file, but damaged or something else: {error}"
        raise BnnDesignerError(f"{path}: {rule}. {MEND}.") from error


def _network(content: memoryview) -> Network:
    if bytes(content[4:8]) != _IDENTIFIER:
        raise Damaged("it does not begin as one")
    model = Table.root(content)
    graphs = model.tables(2, 100)
    if len(graphs) != 1:
        raise Damaged(f"it has {len(graphs)} graphs of operators, where one is read")
    buffers = model.tables(4, _MOST_TENSORS)
    kinds = [_kind(code) for code in model.tables(1, 1000)]
    tensors = tuple(_tensor(one, buffers) for one in graphs[0].tables(0, _MOST_TENSORS))
    operators, read = [], 0
    for table in graphs[0].tables(3, MAX_LAYERS):
        operators.append(_operator(table, kinds))
        read += len(operators[-1].inputs)
        if read > MAX_INPUTS:
            raise Damaged(f"its operators read more than {MAX_INPUTS:,} tensors")
    ends = graphs[0].integers(1, 100), graphs[0].integers(2, 100)
    for numbers in (*ends, *(one.inputs for one in operators), *(one.outputs for one in operators)):
        if any(not -1 <= number < len(tensors) for number in numbers):
            raise Damaged("an operator has tensors that the file has not")
    return Network(tensors, tuple(operators), *ends)


def _kind(code: Table) -> str:
    # Since 2020 kinds above 127 stand in a wider field; both are written, and the larger one counts.
    number = max(code.number(0, "b"), code.number(3, "i"))
    if number == _CUSTOM:
        return code.text(1, 100) or "a custom operator without a name"
    return _BUILTIN.get(number, f"operator {number} of TensorFlow Lite")


def _tensor(table: Table, buffers: tuple[Table, ...]) -> FileTensor:
    number, kind = table.number(2, "I"), table.number(1, "b")
    if number >= len(buffers):
        raise Damaged("a tensor has a constant that the file has not")
    content = buffers[number].content(0)
    shape = table.integers(0, _MOST_AXES)
    return FileTensor(table.text(3, 100), shape, _TYPES.get(kind, (f"type {kind}", ""))[0], content or None)


def _operator(table: Table, kinds: list[str]) -> Operator:
    number = table.number(0, "I")
    if number >= len(kinds):
        raise Damaged("an operator has a kind that the file has not")
    custom = table.content(5)
    return Operator(
        kinds[number],
        table.integers(1, MAX_INPUTS),
        table.integers(2, MAX_INPUTS),
        table.table(4),
        options(custom) if kinds[number] in ("LceBconv2d", "LceBMaxPool2d") else {},
    )
