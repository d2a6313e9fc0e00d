"""The C program of a packed network: network.h and network.c, and what they take of flash and RAM."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import bnn_designer
from bnn_designer.export.c.checks import check
from bnn_designer.export.c.constants import Constants, identifiers, number, printable
from bnn_designer.export.c.groups import call_of, function_of, patch_words, slides_window, uses_row
from bnn_designer.export.c.kernels import headers_of, used_by
from bnn_designer.export.c.writer import CELL_BYTES, WINDOW_BYTES, thresholds_of
from bnn_designer.packing.drafts import IMAGE, RESULT, Geometry
from bnn_designer.packing.header import GroupEntry
from bnn_designer.packing.network import PackedNetwork

MAIN = Path(__file__).with_name("main.c")
_INT16 = 2**15


@dataclass(frozen=True)
class Memory:
    """What a program takes, in bytes; its code comes on top.

    Attributes:
        flash: constant arrays, by the C name of the group that they are of.
        windows: sizes of windows, in flash too; a compiler may put some into its code.
        arena: tensors that one group leaves for another, where the packed network has them.
        row: one pixel's numbers.
        patch: the signs under a window.
        image, scores: what the caller gives, in floats or numbers of 8 bits, and gets, as floats.
    """

    flash: dict[str, int]
    windows: int
    arena: int
    row: int
    patch: int
    image: int
    scores: int

    @property
    def flash_bytes(self) -> int:
        return sum(self.flash.values()) + self.windows

    @property
    def static_bytes(self) -> int:
        """RAM of network.c itself."""
        return self.arena + self.row + self.patch


@dataclass(frozen=True)
class CProgram:
    """A packed network as C.

    Attributes:
        network: what is written: as it was packed, but without a softmax at its end.
        dropped_softmax: whether there was one.
    """

    network: PackedNetwork
    dropped_softmax: bool

    @cached_property
    def _taken(self) -> tuple[PackedNetwork, float | None]:
        return with_int8_image(self.network)

    @property
    def image_scale(self) -> float | None:
        """What a step of the image's numbers of 8 bits is worth; None where the image is floats."""
        return self._taken[1]

    @property
    def written(self) -> PackedNetwork:
        """The groups that are written: all but one that only makes numbers of 8 bits of the image."""
        return self._taken[0]

    @cached_property
    def names(self) -> list[str]:
        """A C identifier for each group."""
        return identifiers([group.name for group in self.written.header.groups])

    @cached_property
    def _parts(self) -> tuple[Constants, list[str]]:
        constants = Constants(_needs_wide_thresholds(self.network))
        groups = zip(self.written.header.groups, self.names, strict=True)
        return constants, [function_of(self.written, group, name, constants) for group, name in groups]

    @cached_property
    def memory(self) -> Memory:
        header = self.written.header
        channels = [Geometry(*group.geometry).out_channels for group in header.groups if uses_row(group)]
        return Memory(
            flash=dict(self._parts[0].bytes_of),
            windows=WINDOW_BYTES * sum(map(slides_window, header.groups)),
            arena=header.arena_bytes,
            row=CELL_BYTES * max(channels, default=0),
            patch=CELL_BYTES * max(map(patch_words, header.groups)),
            image=(CELL_BYTES if self.image_scale is None else 1) * math.prod(header.input_shape),
            scores=CELL_BYTES * header.outputs,
        )

    def header_text(self) -> str:
        """network.h."""
        height, width, channels = self.network.header.input_shape
        return _HEADER.format(
            title=_title(self.network),
            height=height,
            width=width,
            channels=channels,
            image=height * width * channels,
            outputs=self.network.header.outputs,
            arena=self.memory.arena,
            scores=" before the softmax, which changes no order," if self.dropped_softmax else "",
            value="float" if self.image_scale is None else "int8_t",
            values=_FLOAT_VALUES if self.image_scale is None else _INT8_VALUES.format(scale=number(self.image_scale)),
        )

    def source_text(self) -> str:
        """network.c."""
        constants, functions = self._parts
        calls = [
            f"  {call_of(group, name, declared=False)};"
            for group, name in zip(self.written.header.groups, self.names, strict=True)
        ]
        own = "\n\n".join(functions)
        used = used_by(own)
        headers = sorted({*headers_of(used), "stdint.h"})
        sizes = [f"#define ROW_CHANNELS {self.memory.row // CELL_BYTES}"] if self.memory.row else []
        sizes += [f"#define PATCH_WORDS {self.memory.patch // CELL_BYTES}"] if self.memory.patch else []
        types = [f"typedef {constants.threshold_type} threshold;"] if "_thresholds" in own else []
        arena = f"static union cell arena[NETWORK_ARENA_BYTES / {CELL_BYTES}];" if self.memory.arena else ""
        arrays = f"// clang-format off\n{constants.text()}\n// clang-format on" if constants.text() else ""
        run = _RUN.format(calls="\n".join(calls))
        parts = [
            f"// {_title(self.network)}\n// README.md says how to compile it, and what it takes.",
            '#include "network.h"',
            "\n".join(f"#include <{name}>" for name in headers),
            "\n".join(sizes),
            "\n".join(types),
            *(piece.text for piece in used),
            arrays,
            arena,
            own,
            run,
            _ARGMAX,
        ]
        return "\n\n".join(part for part in parts if part) + "\n"


def c_program(network: PackedNetwork) -> CProgram:
    """The program of a packed network.

    Raises:
        ExportError: it is not consistent, or has an operation that C has no function for.
    """
    check(network)
    plain, dropped = without_softmax(network)
    program = CProgram(plain, dropped)
    program.memory  # noqa: B018 - writes all groups, so that what cannot be written is refused here
    return program


def without_softmax(network: PackedNetwork) -> tuple[PackedNetwork, bool]:
    """A network that ends before the softmax of its scores, if it has one: their order stays, and exp is not needed."""
    last = network.header.groups[-1]
    if [step.kind for step in last.steps[-2:]] != ["softmax", "store"] or last.steps[-1].tensor != RESULT:
        return network, False
    plain = last.model_copy(update={"steps": [*last.steps[:-2], last.steps[-1]]})
    header = network.header.model_copy(update={"groups": [*network.header.groups[:-1], plain]})
    return replace(network, header=header), True


def with_int8_image(network: PackedNetwork) -> tuple[PackedNetwork, float | None]:
    """A network that takes the image in 8 bits, and what a step of these is worth.

    So it is where the first group makes nothing but these numbers of the image, and nothing else reads the floats: the
    caller then gives what layers of 8 bits read, and the copy in the arena is not needed. Else the network, and None.
    """
    first, *rest = network.header.groups
    if first.source != "channels" or [step.kind for step in first.steps] != ["quantize"]:
        return network, None
    whole, steps = first.steps[0].tensor, [step for group in rest for step in group.steps]
    read = [part.tensor for group in rest for part in group.parts]
    if IMAGE in read or any(step.tensor in (IMAGE, whole) for step in steps):
        return network, None
    groups = [_with_parts(group, str(whole)) for group in rest]
    return replace(network, header=network.header.model_copy(update={"groups": groups})), first.steps[0].high


def _with_parts(group: GroupEntry, whole: str) -> GroupEntry:
    """A group that reads the image in the place of a tensor."""
    parts = [part.model_copy(update={"tensor": IMAGE}) if part.tensor == whole else part for part in group.parts]
    return group.model_copy(update={"parts": parts})


def _needs_wide_thresholds(network: PackedNetwork) -> bool:
    """Whether a threshold, or a sum that is compared with one, does not fit 16 bits."""
    for group in network.header.groups:
        for step in group.steps:
            if step.kind == "threshold" and group.source != "int8_conv":  # whose thresholds have 32 bits anyway
                found, _ = thresholds_of(network.blob(step.numbers[0]), network.blob(step.numbers[1]), wide=False)
                if found.min() < -_INT16 or found.max() >= _INT16 or Geometry(*group.geometry).products >= _INT16:
                    return True
    return False


def _title(network: PackedNetwork) -> str:
    name = printable(network.header.name)[:80] or "network"
    return f"{name}, made by BNN Designer {bnn_designer.__version__}."


_HEADER = """\
// {title}
//
// A binarized neural network in C99, without a library, an allocation or a thread: its numbers are in flash, and what
// it works on is in static memory. So it runs one image at a time, and two threads must not run it at once.
#ifndef NETWORK_H
#define NETWORK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

// An image is {height} lines of {width} pixels of {channels} channels.
#define NETWORK_HEIGHT {height}
#define NETWORK_WIDTH {width}
#define NETWORK_CHANNELS {channels}
#define NETWORK_IMAGE_SIZE {image}
#define NETWORK_SCORES {outputs}
// Of RAM, for what one layer leaves to another.
#define NETWORK_ARENA_BYTES {arena}

{values}
typedef {value} network_value;

// The network's scores,{scores} of an image: line by line, pixel by pixel, channel by channel.
void network_run(const network_value image[NETWORK_IMAGE_SIZE], float scores[NETWORK_SCORES]);

// The class with the largest score; the first of several.
int32_t network_argmax(const float scores[NETWORK_SCORES]);

#ifdef __cplusplus
}}
#endif

#endif
"""

_FLOAT_VALUES = "// A number of an image is a float. Bytes are scaled as in training: byte / 127.5f - 1.0f."

_INT8_VALUES = """\
// A number of an image has 8 bits: the nearest multiple of the scale, -127 to 127 of them. Bytes are scaled as in
// training: the number is (byte / 127.5f - 1.0f) / NETWORK_IMAGE_SCALE, which a table of 256 numbers can hold.
#define NETWORK_IMAGE_SCALE {scale}"""

_RUN = """\
// A float may be read and written as the number of a cell, which has its size and its alignment.
void network_run(const network_value image[NETWORK_IMAGE_SIZE], float scores[NETWORK_SCORES]) {{
{calls}
}}"""

_ARGMAX = """\
int32_t network_argmax(const float scores[NETWORK_SCORES]) {
  int32_t best = 0;
  for (int32_t i = 1; i < NETWORK_SCORES; ++i) {
    if (scores[i] > scores[best]) best = i;
  }
  return best;
}"""
