"""The README of an exported C program: what it is, how it is compiled, what it takes, what of it runs in bits."""

from __future__ import annotations

from collections.abc import Mapping

import bnn_designer
from bnn_designer.export.c.constants import printable
from bnn_designer.export.c.program import CProgram
from bnn_designer.targets import Verdict
from bnn_designer.units import counted

Verdicts = Mapping[str, Verdict]


def readme(program: CProgram, verdicts: Verdicts, weights: str) -> str:
    """Markdown, the same for the same network.

    Args:
        program: what is described.
        verdicts: what becomes of each block, by its path.
        weights: where the weights are from; "" for untrained ones.
    """
    header = program.network.header
    height, width, channels = header.input_shape
    from_where = f"Its weights are from {printable(weights)}." if weights else _UNTRAINED
    parts = [
        f"# {printable(header.name) or 'A binarized network'} in C\n\nMade by BNN Designer {bnn_designer.__version__}. "
        f"{from_where}",
        f"It takes {height} x {width} x {channels} numbers, an image line by line, and gives "
        f"{counted(header.outputs, 'score')}.{_SOFTMAX if program.dropped_softmax else ''}",
        _FILES,
        _COMPILING,
        _memory_table(program),
        _verdict_table(verdicts),
        _NOTES,
    ]
    return "\n\n".join(parts) + "\n"


def _memory_table(program: CProgram) -> str:
    memory = program.memory
    rows = [("flash", f"weights of {name}", size) for name, size in memory.flash.items()]
    rows += [
        ("flash", "sizes of windows", memory.windows),
        ("RAM", "arena: what one layer leaves to another", memory.arena),
        ("RAM", "row: the numbers of one pixel", memory.row),
        ("RAM", "patch: the signs under a window", memory.patch),
        ("RAM, the caller's", _image_of(program), memory.image),
        ("RAM, the caller's", "the scores", memory.scores),
    ]
    lines = [f"| {where} | {what} | {size:,} |" for where, what, size in rows]
    total = _TOTAL.format(flash=memory.flash_bytes, ram=memory.static_bytes)
    return "\n".join(["## Memory", "", "| where | what | bytes |", "|---|---|---:|", *lines, "", total])


def _image_of(program: CProgram) -> str:
    return "an image of floats" if program.image_scale is None else "an image of numbers of 8 bits"


def _verdict_table(verdicts: Verdicts) -> str:
    if not verdicts:
        return "## What runs in bits\n\nThe packed file does not say of which design it is."
    lines = [f"| {printable(path)} | {one.state} | {one.reason} |" for path, one in verdicts.items()]
    return "\n".join(["## What runs in bits", "", "| block | runs in | why |", "|---|---|---|", *lines])


_UNTRAINED = "It is **untrained**: its weights are random, so it shows memory and time, and its classes mean nothing."

_FILES = """\
| file | what is in it |
|---|---|
| `network.h` | the sizes, `network_run` and `network_argmax`: what your program includes |
| `network.c` | the network: functions, and its weights as constant arrays |
| `main.c` | a program that classifies images from standard input; yours takes its place |"""

_COMPILING = """\
## Compiling

```sh
cc -std=c99 -O2 network.c main.c -o network        # with -lm where network.c includes math.h
./network < images.bin                             # bytes of one image after the other; a line with the class of each
```

For a microcontroller, with your own start-up code and linker script:

```sh
arm-none-eabi-gcc -std=c99 -O2 -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 -c network.c
arm-none-eabi-gcc -std=c99 -O2 -mcpu=cortex-m0plus -mthumb -c network.c
arm-none-eabi-size -A network.o                    # .text is code, .rodata the weights, .bss the arena
```

```c
#include "network.h"

static network_value image[NETWORK_IMAGE_SIZE];
static float scores[NETWORK_SCORES];
network_run(image, scores);
int32_t chosen = network_argmax(scores);
```

With `-std=c99` a compiler does not fuse multiplications with additions, so the scores are the same to the bit on every
machine with IEEE arithmetic; with `-ffp-contract=fast` they differ in the last digits."""

_SOFTMAX = " These stand before the network's softmax, which changes no order and would need an exponential."

_TOTAL = """\
In all {flash:,} bytes of flash for constants, and {ram:,} bytes of RAM beside the stack and the caller's arrays. Code
comes on top: `arm-none-eabi-size` counts it."""

_NOTES = """\
Signs are multiplied by XOR and counted by adders made of logic, since no Cortex-M counts bits. Batch norms up to the
next sign are thresholds of whole numbers. A layer in floats multiplies floats, one call of the compiler's library each
on a processor without an FPU; a layer of 8 bits multiplies whole numbers, and only its outputs become floats again,
unless signs alone are read of them."""
