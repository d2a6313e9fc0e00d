"""From the deployed program's operators to groups: whatever works pixel by pixel joins the source before it.

A chain starts at a source and follows its value. Signs of the value are packed on the way; a value that another group
reads is stored on the way; and the one reader that works pixel by pixel and has all else it reads goes on with the
pixels where they are. So a batch norm, a shortcut's sum and the next layer's signs cost no trip through memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bnn_designer.graph.passes import Operator, Program, Value
from bnn_designer.packing.drafts import (
    IMAGE,
    RESULT,
    SUMMING_SOURCES,
    WORD_BITS,
    Geometry,
    GroupDraft,
    StepDraft,
    affine,
    as_image,
)
from bnn_designer.packing.errors import PackError
from bnn_designer.packing.int8 import largest_sum
from bnn_designer.packing.sign_pools import pool_signs
from bnn_designer.packing.sources import Sources, fold_into_weights
from bnn_designer.packing.thresholds import is_threshold, threshold
from bnn_designer.packing.trained import Trained


def fuse(program: Program, trained: Trained) -> list[GroupDraft]:
    """The groups of a program, in running order.

    Raises:
        PackError: the engine cannot run one of its operators.
    """
    groups = _Fusion(program, trained).groups()
    pool_signs(groups)
    for group in groups:
        if group.source in SUMMING_SOURCES and is_threshold(group.steps):
            sign = group.steps.pop()
            numbers = threshold(group.steps, _largest_sum(group), group.geometry.out_channels)
            group.steps = [StepDraft("threshold", sign.tensor, numbers)]
        fold_into_weights(group)
        group.steps = _joined(group.steps)
    return groups


def _largest_sum(group: GroupDraft) -> int:
    """Of a group with whole sums."""
    if group.source == "binary_conv":
        return group.geometry.products
    return max(largest_sum(part) for part in group.weights[0])


class _Fusion:
    def __init__(self, program: Program, trained: Trained) -> None:
        self.program, self.trained = program, trained
        # A tensor in another shape is the same numbers in the same place.
        self.same_as: dict[str, str] = {program.input.name: IMAGE}
        for op in program.operators:
            if op.kind == "RESHAPE":
                self.same_as[op.output.name] = self.root(op.inputs[0])
        self.values = dict(program.values)
        self.program_operators = self._with_quantizers(program.operators)
        self.sources = Sources(trained, self.values, self.program_operators)
        self.operators = self._needed()
        self.readers: dict[str, list[Operator]] = {}
        for op in self.operators:
            for name in dict.fromkeys(map(self.root, op.inputs)):
                self.readers.setdefault(name, []).append(op)
        self.done: set[str] = set()
        self.ready = {IMAGE}
        self.output = self.root(program.output.name)

    def root(self, name: str) -> str:
        return self.same_as.get(name, name)

    def groups(self) -> list[GroupDraft]:
        found = []
        for op in self.operators:
            if op.name in self.done:
                continue
            group = self.sources.group(op)
            if group is None:
                group = self._load(op)
                group.steps += self._steps(op, op.inputs[0])
            group.parts = [(self.root(name), channels) for name, channels in group.parts]
            self.done.add(op.name)
            self._follow(group, op)
            found.append(group)
        if self.output == IMAGE:
            found.append(self._copy())
        return found

    def _needed(self) -> list[Operator]:
        """What the output depends on and what depends on the image: kernels were computed when they were packed."""
        moving = {IMAGE}
        for op in self.program_operators:
            if any(self.root(name) in moving for name in op.inputs):
                moving.add(self.root(op.output.name))
        wanted, kept = {self.root(self.program.output.name)}, []
        for op in reversed(self.program_operators):
            name = self.root(op.output.name)
            if op.kind == "RESHAPE" or name not in moving or name not in wanted:
                continue
            group = self.sources.group(op)
            reads = [part for part, _ in group.parts] if group else list(op.inputs)
            wanted.update(map(self.root, reads))
            kept.append(op)
        return kept[::-1]

    def _with_quantizers(self, operators: tuple[Operator, ...]) -> tuple[Operator, ...]:
        """Quantizers of more than one bit, which the deployed program leaves out, as operators of their own."""
        found: list[Operator] = []
        for op in operators:
            step = self.trained.input_step(op.layers[0]) if op.kind in _PRODUCTS else None
            if step is None:
                found.append(op)
                continue
            source = op.inputs[0]
            output = Value(f"{source}.{step.kind}_{step.high:g}", self.values[source].shape)
            if output.name not in self.values:
                self.values[output.name] = output
                found.append(
                    Operator(output.name, "QUANTIZE", op.path, op.block_id, op.layers[:1], (source,), (), output)
                )
            found.append(replace(op, inputs=(output.name, *op.inputs[1:])))
        return tuple(found)

    def _load(self, op: Operator) -> GroupDraft:
        """A tensor as it is, for an operator that only changes it."""
        shape = as_image(self.values[op.inputs[0]].shape)
        return GroupDraft(
            op.name, op.path, list(op.layers), "channels", Geometry(*shape, *shape), [(op.inputs[0], shape[-1])]
        )

    def _copy(self) -> GroupDraft:
        shape = as_image(self.program.input.shape)
        step = StepDraft("store", RESULT)
        return GroupDraft("copy", "", [], "channels", Geometry(*shape, *shape), [(IMAGE, shape[-1])], steps=[step])

    def _follow(self, group: GroupDraft, op: Operator) -> None:
        """Adds what happens to the operator's value until nothing more can be done with it in place."""
        if op.output.bits == 1 or _quantizes(op):
            if op.kind not in ("LceQuantize", "QUANTIZE"):
                group.steps.append(StepDraft("sign", op.output.name))
            self.ready.add(op.output.name)
            return
        while True:
            value = self.root(op.output.name)
            self.ready.add(value)
            shape = as_image(op.output.shape)
            rest = [reader for reader in self.readers.get(value, []) if reader.name not in self.done]
            for sign in [reader for reader in rest if self._packs(reader, shape)]:
                group.steps += self._steps(sign, value)
                group.layers += [name for name in sign.layers if name not in group.layers]
                self.done.add(sign.name)
                self.ready.add(sign.output.name)
                rest.remove(sign)
            following = next((reader for reader in rest if self._goes_on(reader, value, shape)), None)
            if value == self.output:
                group.steps.append(StepDraft("store", RESULT))
            if [reader for reader in rest if reader is not following]:
                group.steps.append(StepDraft("store", value))
            if following is None:
                return
            group.steps += self._steps(following, value)
            group.layers += [name for name in following.layers if name not in group.layers]
            self.done.add(following.name)
            op = following

    def _packs(self, reader: Operator, shape: tuple[int, int, int]) -> bool:
        """Signs of the value as it is, or in another shape whose words are the same; or whole numbers of 8 bits."""
        if _quantizes(reader):
            return True
        if reader.kind != "LceQuantize":
            return False
        return as_image(reader.output.shape) == shape or shape[-1] % WORD_BITS == 0

    def _goes_on(self, reader: Operator, value: str, shape: tuple[int, int, int]) -> bool:
        if reader.kind not in _STEPS or reader.kind in ("SOFTMAX", "LceQuantize") or _quantizes(reader):
            return False
        if as_image(reader.output.shape) != shape:
            return False
        names = [self.root(name) for name in reader.inputs]
        mine = [name for name in reader.inputs if self.root(name) == value]
        if len(mine) != 1 or as_image(self.values[mine[0]].shape) != shape:
            return False
        return all(name in self.ready for name in names if name != value)

    def _steps(self, op: Operator, value: str) -> list[StepDraft]:
        make = _STEPS.get(op.kind)
        if make is None:
            raise PackError(
                op.path,
                f"the engine has no kernel for {op.kind}, which layer '{op.layers[0]}' becomes",
                "Take the layer out, or run the network with TensorFlow",
            )
        steps = make(self, op, self.root(value))
        # The operator's own layer comes first; what is folded into it follows.
        for name in op.layers[1:]:
            steps += self.trained.steps(name)
        return steps

    def other(self, op: Operator, value: str) -> str:
        """What an operator of two reads beside the value; the value itself where it reads it twice."""
        return next((name for name in map(self.root, op.inputs) if name != value), value)


def _scaled(fusion: _Fusion, op: Operator, value: str) -> list[StepDraft]:
    """A batch norm's factor, or channels times the numbers of another value."""
    if len(op.inputs) == 1:
        (step,) = fusion.trained.steps(op.layers[0])
        return [affine(step.numbers[0], np.zeros_like(step.numbers[1]))]
    other = fusion.other(op, value)
    shapes = {fusion.root(name): as_image(fusion.values[name].shape) for name in op.inputs}
    return [StepDraft("multiply" if shapes[other] == as_image(op.output.shape) else "scale_channels", other)]


def _sum(fusion: _Fusion, op: Operator, value: str) -> list[StepDraft]:
    """A batch norm's offset, a shift, or another value."""
    if len(op.inputs) == 1:
        (step,) = fusion.trained.steps(op.layers[0])
        return [affine(np.ones_like(step.numbers[0]), step.numbers[1])]
    return [StepDraft("add", fusion.other(op, value))]


def _quantizes(op: Operator) -> bool:
    """Whether an operator writes whole numbers of 8 bits."""
    return op.kind == "QUANTIZE" and op.output.bits == 8


def _quantized(fusion: _Fusion, op: Operator, value: str) -> list[StepDraft]:
    if _quantizes(op):
        return [StepDraft("quantize", op.output.name, high=fusion.trained.int8_scale(op.layers[0]))]
    step = fusion.trained.input_step(op.layers[0])
    return [step] if step else []


def _own(fusion: _Fusion, op: Operator, value: str) -> list[StepDraft]:
    return fusion.trained.steps(op.layers[0])


def _dequantized(fusion: _Fusion, op: Operator, value: str) -> list[StepDraft]:
    """A block of whole numbers is one of floats already."""
    return []


def _lower_half(fusion: _Fusion, op: Operator, value: str) -> list[StepDraft]:
    return [StepDraft("clamp", high=1.0)]


def _sign(fusion: _Fusion, op: Operator, value: str) -> list[StepDraft]:
    return [StepDraft("sign", op.output.name)]


def _softmax(fusion: _Fusion, op: Operator, value: str) -> list[StepDraft]:
    return [StepDraft("softmax")]


#: What works pixel by pixel. Of a value that is the first of several inputs, the others are read as tensors.
_STEPS: dict[str, Callable[[_Fusion, Operator, str], list[StepDraft]]] = {
    "MUL": _scaled,
    "ADD": _sum,
    "RELU": _own,
    "RELU_N1_TO_1": _own,
    "PRELU": _own,
    "LOGISTIC": _own,
    "MINIMUM": _lower_half,
    "SOFTMAX": _softmax,
    "LceQuantize": _sign,
    "QUANTIZE": _quantized,
    "DEQUANTIZE": _dequantized,
}
#: What may quantize its input.
_PRODUCTS = frozenset({"LceBconv2d", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"})


def _joined(steps: list[StepDraft]) -> list[StepDraft]:
    """Factors and offsets in a row become one; clamps that follow each other too."""
    found: list[StepDraft] = []
    for step in steps:
        last = found[-1] if found else None
        if last and last.kind == step.kind == "affine":
            (factor, offset), (scale, shift) = (
                (number.astype(np.float64) for number in one.numbers) for one in (last, step)
            )
            found[-1] = affine(factor * scale, offset * scale + shift)
        elif last and last.kind == step.kind == "clamp":
            low, high = (min(max(bound, step.low), step.high) for bound in (last.low, last.high))
            found[-1] = StepDraft("clamp", low=low, high=high)
        else:
            found.append(step)
    return found
