"""One operator with what it reads, and the layers that it becomes: what the functions of all kinds share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.design.vocabulary import Padding, Pair
from bnn_designer.graph import Tensor, ops
from bnn_designer.larq.built import Array, Step
from bnn_designer.larq.lce.network import FileTensor, Operator
from bnn_designer.nn.errors import LayerError

MEND = "Change that layer where the file was made, or build this part of the design by hand"
#: By the numbers of ``ActivationFunctionType``; 0 is none.
_FUSED: dict[int, ops.Op] = {1: ops.Activation("relu"), 2: ops.Activation("hard_tanh")}
_PADDINGS: dict[int, Padding] = {0: "same", 1: "valid"}


@dataclass(frozen=True)
class Value:
    """A tensor that operators hand on.

    Attributes:
        tensor: of the graph.
        signs: it stands for the tensor's signs, which the next layer with a kernel takes.
    """

    tensor: Tensor
    signs: bool = False


@dataclass(frozen=True)
class Made:
    """What an operator becomes: layers one after the other, and whether the last stands for its signs."""

    steps: tuple[Step, ...]
    signs: bool = False


@dataclass(frozen=True)
class Call:
    """An operator in its place.

    Attributes:
        where: names it, for messages.
        operator: the file's.
        tensors: what it reads, as the file has it; None: left out.
        values: the same, as the graph has it; None: a constant, or left out.
        output: what it makes, as the file has it.
    """

    where: str
    operator: Operator
    tensors: tuple[FileTensor | None, ...]
    values: tuple[Value | None, ...]
    output: FileTensor

    def must(self, holds: bool, rule: str, mend: str = MEND) -> None:
        """Raises LayerError where something does not hold."""
        if not holds:
            raise LayerError(self.where, rule, mend)

    def value(self, signs: bool = False) -> Value:
        """The first thing that it reads; ``signs``: whether it takes signs too."""
        found = self.values[0] if self.values else None
        self.must(found is not None, "it reads a constant, or nothing, in the place of an image")
        assert found is not None
        self.must(
            signs or not found.signs,
            "it reads signs as numbers, and in a design signs go into layers with kernels",
        )
        return found

    def constant(self, index: int, type_: str, axes: int) -> npt.NDArray[Any]:
        """A constant that it reads, of so many axes.

        Raises:
            LayerError: it is another one.
            Damaged: the file does not have its numbers.
        """
        tensor = self.tensors[index] if index < len(self.tensors) else None
        self.must(tensor is not None and self.values[index] is None, f"its input {index} is no constant")
        assert tensor is not None
        rule = f"'{tensor.name}' has the type {tensor.type} and {len(tensor.shape)} axes, not {type_} and {axes}"
        mend = "Convert the model anew, without quantization after training"
        self.must(tensor.type == type_ and len(tensor.shape) == axes, rule, mend)
        found = tensor.values()
        self.must(found.size > 0, f"'{tensor.name}' is empty")
        if type_ == "float32":
            self.must(bool(np.isfinite(found).all()), f"'{tensor.name}' has values that are no numbers")
        return found

    def has(self, index: int) -> bool:
        """Whether it reads something in that place."""
        return index < len(self.tensors) and self.tensors[index] is not None

    def vector(self, index: int, length: int, type_: str = "float32") -> npt.NDArray[Any]:
        """A constant of one number a channel."""
        found = self.constant(index, type_, 1)
        self.must(len(found) == length, f"it has {length} channels, and its input {index} has {len(found)} numbers")
        return found

    def bias(self, index: int, length: int) -> Array | None:
        """A bias; None where there is none, or it is 0 throughout, as the converter writes a missing one."""
        found: Array | None = self.vector(index, length) if self.has(index) else None
        return found if found is not None and found.any() else None

    def builtin(self, *fields: tuple[int, str, int]) -> tuple[int, ...]:
        """Whole numbers among its options, by field, ``struct``'s code and default."""
        table = self.operator.builtin
        return tuple(
            default if table is None else table.number(field, code, default) for field, code, default in fields
        )

    def fused(self, number: int) -> tuple[Step, ...]:
        """The activation function inside the operator."""
        self.must(number in (0, *_FUSED), f"it has the activation function {number} of TensorFlow Lite in it")
        return (Step(_FUSED[number]),) if number else ()

    def padding(self, number: int) -> Padding:
        self.must(number in _PADDINGS, f"it has no padding {number}")
        return _PADDINGS[number]

    def pair(self, what: str, height: int, width: int) -> Pair:
        self.must(min(height, width) > 0, f"its {what} is {height} x {width}")
        return height, width
