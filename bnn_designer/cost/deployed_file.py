"""How many bytes the .tflite file has: its constants, and the flatbuffer's tables around them.

Names, shapes, operator inputs and options are counted from the format (TensorFlow Lite's schema.fbs). What tables and
their alignment take beyond that was measured: a least-squares fit over twelve networks that LCE 0.16.0 converted (47 to
389 tensors) gives the figures below, and leaves at most 75 bytes a file unexplained.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bnn_designer.graph.passes.program import Operator, Program

#: Table, vtable share, buffer entry and offsets of a tensor without data, and of one with data (aligned to 16 bytes).
VALUE_TABLE_BYTES = 34
CONSTANT_TABLE_BYTES = 48
#: Table, options and offsets of an operator.
OPERATOR_TABLE_BYTES = 33
#: One entry for each kind of operator in the file.
OPERATOR_CODE_BYTES = 26
#: Table and offsets of a tensor's scales and zero points, which only tensors of 8-bit operators have; measured, as the
#: rest of what turns a convolution or dense layer in float to one of 8 bits, on files of TensorFlow 2.21's converter.
#: It writes a scale a filter (32 bits) and a zero point (64 bits) for kernels and biases both.
QUANTIZATION_TABLE_BYTES = 40
SCALE_BYTES, ZERO_POINT_BYTES = 4, 8
#: Root, signature, metadata.
FILE_BYTES = 608
#: Names, with their length in front and a zero behind, in whole words. The exporter cuts them at 50 characters, which
#: those of operators that fold several layers reach; constants are numbered, 16 characters; others depend on the
#: layers' own names, 15 to 50 characters.
CONSTANT_NAME_BYTES, FOLDED_NAME_BYTES, NAME_BYTES = 24, 56, 32

#: Operators that stand for several of the network's operations, so that their names are long ones.
_FOLDED = frozenset(
    {"LceBconv2d", "LceQuantize", "LceDequantize", "PRELU", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}
)
#: Of an 8-bit operator, what has a scale a filter.
_SCALED = frozenset({"weights", "bias"})
#: Inputs of operators that list absent ones too.
_INPUT_SLOTS = {"LceBconv2d": 5, "CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 3}
#: Bytes of LCE's options; channels beyond 127 need wider numbers.
_BCONV_OPTION_BYTES, _WIDE_BCONV_OPTION_BYTES, _MAX_POOL_OPTION_BYTES = 160, 171, 84


def operator_bytes(op: Operator, input_channels: int) -> int:
    """An operator's entry: its table, the lists of its inputs and its output, and LCE's own options."""
    slots = _INPUT_SLOTS.get(op.kind, len(op.inputs) + len(op.constants))
    lists = _vector_bytes(slots) + _vector_bytes(1)
    options = 0
    if op.kind == "LceBconv2d":
        options = _vector_bytes_of(_WIDE_BCONV_OPTION_BYTES if input_channels > 127 else _BCONV_OPTION_BYTES)
    elif op.kind == "LceBMaxPool2d":
        options = _vector_bytes_of(_MAX_POOL_OPTION_BYTES)
    return OPERATOR_TABLE_BYTES + lists + options


def tensor_entry_bytes(rank: int, table_bytes: int, name_bytes: int) -> int:
    """A tensor's entry: its table, its shape and its name; the data of a constant is not in it."""
    return table_bytes + _vector_bytes(rank) + name_bytes


def overhead_bytes(program: Program) -> Mapping[str, int]:
    """What the file has beside its constants, by what it is for; the values sum to all of it."""
    values = program.values
    operators = sum(operator_bytes(op, values[op.inputs[0]].shape[-1] if op.inputs else 0) for op in program.operators)
    # The batch is a dimension of every value but computed kernels, which are rare, and of no constant.
    tensors = tensor_entry_bytes(len(program.input.shape) + 1, VALUE_TABLE_BYTES, NAME_BYTES)
    for op in program.operators:
        name_bytes = FOLDED_NAME_BYTES if op.kind in _FOLDED else NAME_BYTES
        tensors += tensor_entry_bytes(len(op.output.shape) + 1, VALUE_TABLE_BYTES, name_bytes)
    for constant in program.constants:
        tensors += tensor_entry_bytes(len(constant.shape), CONSTANT_TABLE_BYTES, CONSTANT_NAME_BYTES)
    kinds = len({op.kind for op in program.operators})
    parts = {
        "operators": operators,
        "tensors": tensors,
        "operator codes": kinds * OPERATOR_CODE_BYTES,
        "file": FILE_BYTES,
    }
    scales = sum(scales_bytes(1) for value in program.values.values() if value.bits == 8)
    for op in program.operators:
        if op.is_int8:
            scales += sum(scales_bytes(op.output.shape[-1]) for one in op.constants if one.role in _SCALED)
    return MappingProxyType(parts | {"scales": scales} if scales else parts)


def scales_bytes(count: int) -> int:
    """What the scales of a tensor take: as many scales and zero points as it has filters, or one of each."""
    return QUANTIZATION_TABLE_BYTES + count * (SCALE_BYTES + ZERO_POINT_BYTES)


def _vector_bytes(words: int) -> int:
    """A vector of 4-byte numbers behind its length."""
    return 4 + 4 * words


def _vector_bytes_of(size_bytes: int) -> int:
    """A vector of bytes behind its length, in whole words."""
    return 4 + -(-size_bytes // 4) * 4
