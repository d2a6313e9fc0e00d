"""The C function of each group of a packed network: a call for its source, then one for each step, pixel by pixel."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bnn_designer.export.c.constants import Array, Constants, number, printable
from bnn_designer.export.errors import ExportError
from bnn_designer.packing.drafts import IMAGE, RESULT, WORD_BITS, ZEROS, Geometry, word_count
from bnn_designer.packing.header import GroupEntry, StepEntry
from bnn_designer.packing.network import PackedNetwork
from bnn_designer.units import shape_text

#: Signs that a word of the program holds: a microcontroller has registers of 32 bits.
C_WORD_BITS = 32
CELL_BYTES = 4
#: A ``struct window``: 16 numbers.
WINDOW_BYTES = 16 * 4


@dataclass(frozen=True)
class GroupWriter:
    """What the functions below write with; ``name`` is the group's, as a C identifier."""

    network: PackedNetwork
    group: GroupEntry
    name: str
    constants: Constants

    @property
    def at(self) -> Geometry:
        return Geometry(*self.group.geometry)

    def blob(self, index: int) -> Array:
        return self.network.blob(index)

    def place(self, tensor: str, cells: int) -> str:
        """Where a tensor's numbers or signs of this pixel are, which takes so many cells; 0: where it begins."""
        if tensor in (IMAGE, RESULT):
            start = tensor if tensor == IMAGE else "scores"
        else:
            offset = self.network.tensors[tensor].offset // CELL_BYTES
            start = f"arena + {offset}" if offset else "arena"
        if cells == 0 or self.at.out_pixels == 1:
            return start
        return f"{start} + pixel * {cells}" if cells > 1 else f"{start} + pixel"

    def window(self) -> str:
        """The first arguments of what slides a window."""
        return "&at, y, x" if self.at.out_pixels > 1 else "&at, 0, 0"

    def part(self) -> str:
        return self.place(self.group.parts[0].tensor, 0)


def function_of(network: PackedNetwork, group: GroupEntry, name: str, constants: Constants) -> str:
    """The text of a group's function, ``static void run_<name>(...)``; its arrays are added to the constants.

    Raises:
        ExportError: the group has a source or a step that C has no function for.
    """
    writer = GroupWriter(network, group, name, constants)
    calls = _known(_SOURCES, group.source, group)(writer)
    for step in group.steps:
        calls += _known(_STEPS, step.kind, group)(writer, step)
    return "\n".join(
        [f"// {_about(group)}", f"static void {call_of(group, name, declared=True)} {{", *_body(writer, calls)]
    )


def call_of(group: GroupEntry, name: str, declared: bool) -> str:
    """How a group's function is called, or declared: it takes the image and the scores where it uses them."""
    names = {part.tensor for part in group.parts} | {step.tensor for step in group.steps}
    pointers = {IMAGE: "const union cell *", RESULT: "union cell *"}
    c_names = {IMAGE: "image", RESULT: "scores"}
    given = [
        f"{pointer}{c_names[tensor]}" if declared else f"({pointer}){c_names[tensor]}"
        for tensor, pointer in pointers.items()
        if tensor in names
    ]
    return f"run_{name}({', '.join(given) or ('void' if declared else '')})"


def slides_window(group: GroupEntry) -> bool:
    """Whether a group's function has the sizes of a window, and goes through the lines of its output."""
    return group.source not in ("channels", "unpack")


def uses_row(group: GroupEntry) -> bool:
    """Whether a group makes numbers: all do but those that write signs at once."""
    return group.source != "binary_max_pool" and not _is_threshold(group)


def patch_words(group: GroupEntry) -> int:
    """Words of signs that a group copies side by side, under a binary convolution's window; 0 of others.

    A window of one tap over all channels is read where it lies, but a C array has an element at least.
    """
    at = Geometry(*group.geometry)
    if group.source != "binary_conv":
        return 0
    return 1 if at.taps == at.groups == 1 else at.taps * -(-(at.in_channels // at.groups) // C_WORD_BITS)


def thresholds_of(factor: Array, offset: Array, wide: bool) -> tuple[Array, Array]:
    """``(thresholds, turned)``: the sign of ``factor * s + offset`` is -1 where ``(s < threshold) != turned``.

    These are whole numbers, the factor 1, -1 or 0 (packing/thresholds.py), so with s whole::

         1:  s + offset < 0     is  s < -offset
        -1:  -s + offset < 0    is  s > offset, which is not s < offset + 1
         0:  offset < 0         s is never below the least number
    """
    never = -(2**31) if wide else -(2**15)
    factor, offset = factor.astype(np.int64), offset.astype(np.int64)
    found = np.where(factor == 0, never, np.where(factor < 0, offset + 1, -offset))
    return found, np.where(factor == 0, offset < 0, factor < 0)


def _known(table: dict[str, Callable[..., list[str]]], kind: str, group: GroupEntry) -> Callable[..., list[str]]:
    if kind not in table:
        where = printable(group.path or group.name)
        raise ExportError(where, f"a C program has no function for {kind}", "Run the network by the engine")
    return table[kind]


def _body(writer: GroupWriter, calls: list[str]) -> list[str]:
    """Calls in the loops over the pixels of the output, without loops where there is one pixel."""
    at, lines = writer.at, []
    if slides_window(writer.group):
        sizes = ", ".join(map(str, writer.group.geometry))
        lines.append(f"  static const struct window at = {{{sizes}}};")
    loops = [f"for (int32_t pixel = 0; pixel < {at.out_pixels}; ++pixel) {{"]
    if slides_window(writer.group):
        loops = [f"for (int32_t y = 0, pixel = 0; y < {at.out_height}; ++y) {{"]
        loops.append(f"for (int32_t x = 0; x < {at.out_width}; ++x, ++pixel) {{")
    if at.out_pixels == 1:
        loops = []
    lines += [f"{'  ' * depth}{loop}" for depth, loop in enumerate(loops, 1)]
    for call in calls:
        lines += _wrapped(call, 2 * len(loops) + 2)
    return [*lines, *(f"{'  ' * depth}}}" for depth in range(len(loops), -1, -1))]


def _wrapped(call: str, indent: int) -> list[str]:
    """A call in lines of 120 characters; it breaks between arguments, which line up."""
    kept = call.replace(", ", ",\0").replace(" ", "\1").replace("\0", " ")
    hanging = " " * (indent + call.index("(") + 1)
    lines = textwrap.wrap(kept, 120, initial_indent=" " * indent, subsequent_indent=hanging, break_long_words=False)
    return [line.replace("\1", " ") for line in lines]


def _about(group: GroupEntry) -> str:
    at = Geometry(*group.geometry)
    shapes = [shape_text((at.in_height, at.in_width, at.in_channels))]
    shapes.append(shape_text((at.out_height, at.out_width, at.out_channels)))
    where = printable(group.path or group.name)
    steps = ", ".join([group.source, *(step.kind for step in group.steps)])
    return printable(f"{where[:60]}: {' to '.join(shapes)}".replace("\u00d7", "x")) + f"\n// {steps}."


def _is_threshold(group: GroupEntry) -> bool:
    return bool(group.steps) and group.steps[0].kind == "threshold"


# --------------------------------------------------------------------------------------------------------- sources


def _binary_conv(writer: GroupWriter) -> list[str]:
    """Weights are [filter][tap][word], so that a filter's lie in one run; where signs are all that is made of the sums,
    they are written at once."""
    at, group = writer.at, writer.group
    kernel = writer.blob(group.weights[0]).reshape(at.taps, -1, at.out_channels)
    halves = np.ascontiguousarray(kernel.transpose(2, 0, 1)).view("<u4")
    words = -(-(at.in_channels // at.groups) // C_WORD_BITS)
    weights = writer.constants.words(writer.name, "weights", halves[:, :, :words])
    if not _is_threshold(group):
        return [f"binary_conv({writer.window()}, {writer.part()}, {weights});"]
    (step,) = group.steps
    factor, offset = (writer.blob(index) for index in step.numbers)
    found, turned = thresholds_of(factor, offset, writer.constants.wide_thresholds)
    thresholds = writer.constants.thresholds(writer.name, found)
    flips = writer.constants.words(writer.name, "turned", _packed(turned))
    out = writer.place(str(step.tensor), _cells(at.out_channels))
    return _call("binary_conv_signs", [writer.window(), writer.part(), weights, thresholds, flips, out])


def _float_conv(writer: GroupWriter) -> list[str]:
    return _weighted(writer, "float_conv")


def _depthwise(writer: GroupWriter) -> list[str]:
    return _weighted(writer, "depthwise_conv")


def _weighted(writer: GroupWriter, function: str) -> list[str]:
    kernel, bias = (writer.blob(index) for index in writer.group.weights)
    weights = writer.constants.floats(writer.name, "weights", kernel)
    return _call(
        function, [writer.window(), writer.part(), weights, writer.constants.floats(writer.name, "bias", bias)]
    )


def _max_pool(writer: GroupWriter) -> list[str]:
    return [f"max_pool({writer.window()}, {writer.part()});"]


def _average_pool(writer: GroupWriter) -> list[str]:
    return [f"average_pool({writer.window()}, {writer.part()});"]


def _binary_max_pool(writer: GroupWriter) -> list[str]:
    channels = writer.at.out_channels
    turned = writer.blob(writer.group.weights[0]).view("<u4")[: -(-channels // C_WORD_BITS)]
    flips = writer.constants.words(writer.name, "turned", turned)
    out = writer.place(str(writer.group.steps[0].tensor), _cells(channels))
    return _call("binary_max_pool", [writer.window(), writer.part(), flips, out])


def _channels(writer: GroupWriter) -> list[str]:
    calls, first = [], 0
    for part in writer.group.parts:
        if part.tensor == ZEROS:
            calls.append(f"fill({first}, {part.channels}, 0.0f);")
        else:
            calls.append(f"load({first}, {part.channels}, {writer.place(part.tensor, part.channels)});")
        first += part.channels
    return calls


def _unpack(writer: GroupWriter) -> list[str]:
    channels = writer.at.out_channels
    return [f"unpack({channels}, {writer.place(writer.group.parts[0].tensor, _cells(channels))});"]


def _pad(writer: GroupWriter) -> list[str]:
    return [f"pad({writer.window()}, {writer.part()});"]


_SOURCES: dict[str, Callable[[GroupWriter], list[str]]] = {
    "channels": _channels,
    "float_conv": _float_conv,
    "binary_conv": _binary_conv,
    "depthwise": _depthwise,
    "max_pool": _max_pool,
    "average_pool": _average_pool,
    "binary_max_pool": _binary_max_pool,
    "unpack": _unpack,
    "pad": _pad,
}

# ----------------------------------------------------------------------------------------------------------- steps


def _affine(writer: GroupWriter, step: StepEntry) -> list[str]:
    factor, offset = (writer.blob(index) for index in step.numbers)
    arrays = [
        writer.constants.floats(writer.name, what, one) for what, one in (("factors", factor), ("offsets", offset))
    ]
    return _call("affine", [str(writer.at.out_channels), *arrays])


def _clamp(writer: GroupWriter, step: StepEntry) -> list[str]:
    limits = (("at_least", step.low), ("at_most", step.high))
    channels = writer.at.out_channels
    return [f"{function}({channels}, {number(limit)});" for function, limit in limits if limit is not None]


def _prelu(writer: GroupWriter, step: StepEntry) -> list[str]:
    slopes = writer.constants.floats(writer.name, "slopes", writer.blob(step.numbers[0]))
    return [f"prelu({writer.at.out_channels}, {slopes});"]


def _plain(writer: GroupWriter, step: StepEntry) -> list[str]:
    return [f"{step.kind}({writer.at.out_channels});"]


def _up_to(writer: GroupWriter, step: StepEntry) -> list[str]:
    return [f"{step.kind}({writer.at.out_channels}, {number(step.high or 0.0)});"]


def _pixelwise(writer: GroupWriter, step: StepEntry) -> list[str]:
    channels = writer.at.out_channels
    return [f"{step.kind}({channels}, {writer.place(str(step.tensor), channels)});"]


def _scale_channels(writer: GroupWriter, step: StepEntry) -> list[str]:
    return [f"multiply({writer.at.out_channels}, {writer.place(str(step.tensor), 0)});"]


def _sign(writer: GroupWriter, step: StepEntry) -> list[str]:
    """Of a pooled tensor of bits the pool itself has written them."""
    if writer.group.source == "binary_max_pool":
        return []
    channels = writer.at.out_channels
    return [f"sign({channels}, {writer.place(str(step.tensor), _cells(channels))});"]


def _threshold(writer: GroupWriter, step: StepEntry) -> list[str]:
    """The convolution has written them."""
    return []


_STEPS: dict[str, Callable[[GroupWriter, StepEntry], list[str]]] = {
    "affine": _affine,
    "clamp": _clamp,
    "prelu": _prelu,
    "sigmoid": _plain,
    "softmax": _plain,
    "add": _pixelwise,
    "multiply": _pixelwise,
    "scale_channels": _scale_channels,
    "store": _pixelwise,
    "sign": _sign,
    "threshold": _threshold,
    "levels": _up_to,
    "ternary": _up_to,
}


def _call(function: str, arguments: list[str]) -> list[str]:
    return [f"{function}({', '.join(arguments)});"]


def _cells(channels: int) -> int:
    """Cells that the signs of a pixel take in the arena, in the plan's words of 64."""
    return word_count(channels) * WORD_BITS // C_WORD_BITS


def _packed(bits: Array) -> Array:
    """One bit a channel, in words of 32."""
    filled = np.zeros(math.ceil(len(bits) / C_WORD_BITS) * C_WORD_BITS, bool)
    filled[: len(bits)] = bits
    return np.packbits(filled, bitorder="little").view("<u4")
