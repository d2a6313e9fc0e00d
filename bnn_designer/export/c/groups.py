"""The C function of each group of a packed network: a call for its source, then one for each step, pixel by pixel."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from bnn_designer.export.c.constants import Constants, printable
from bnn_designer.export.c.sources import SOURCES
from bnn_designer.export.c.steps import STEPS
from bnn_designer.export.c.writer import C_WORD_BITS, CELL_BYTES, GroupWriter, is_threshold
from bnn_designer.export.errors import ExportError
from bnn_designer.packing.drafts import IMAGE, RESULT, SUMMING_SOURCES, Geometry
from bnn_designer.packing.header import GroupEntry
from bnn_designer.packing.network import PackedNetwork
from bnn_designer.units import shape_text


def function_of(network: PackedNetwork, group: GroupEntry, name: str, constants: Constants) -> str:
    """The text of a group's function, ``static void run_<name>(...)``; its arrays are added to the constants.

    Raises:
        ExportError: the group has a source or a step that C has no function for.
    """
    writer = GroupWriter(network, group, name, constants)
    calls = _known(SOURCES, group.source, group)(writer)
    for step in group.steps:
        calls += _known(STEPS, step.kind, group)(writer, step)
    return "\n".join(
        [f"// {_about(group)}", f"static void {call_of(group, name, declared=True)} {{", *_body(writer, calls)]
    )


def call_of(group: GroupEntry, name: str, declared: bool) -> str:
    """How a group's function is called, or declared: it takes the image and the scores where it uses them."""
    names = {part.tensor for part in group.parts} | {step.tensor for step in group.steps}
    image = "const int8_t *" if group.source == "int8_conv" else "const union cell *"
    pointers = {IMAGE: image, RESULT: "union cell *"}
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
    return group.source != "binary_max_pool" and not is_threshold(group)


def patch_words(group: GroupEntry) -> int:
    """Words of signs, or of numbers of 8 bits, that a convolution copies side by side under its window; 0 of others.

    A window of one tap over all channels is read where it lies, but a C array has an element at least.
    """
    at = Geometry(*group.geometry)
    if group.source not in SUMMING_SOURCES:
        return 0
    if group.source == "int8_conv":
        return 1 if at.taps == at.groups == 1 else -(-at.products // CELL_BYTES)
    return 1 if at.taps == at.groups == 1 else at.taps * -(-(at.in_channels // at.groups) // C_WORD_BITS)


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
