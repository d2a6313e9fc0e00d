"""Counts the instructions that each layer of a packed network takes in C on Cortex-M, under QEMU.

    python -m tests.export.count_instructions net.bnn --to M4

QEMU's clock moves one nanosecond an instruction (``-icount shift=0``), and a timer of the boards at 25 MHz is read
before each layer, so that a count is right to about 40. It says nothing of cycles: loads wait for flash, and a branch
or a product may take several.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from pathlib import Path

from bnn_designer.export.c.program import CProgram, c_program
from bnn_designer.packing import load
from tests.export.test_arm import ARM, GCC, PROCESSORS, QEMU

#: Boards of one make, with this timer. Instructions of an M0+ run on an M3 as well.
_BOARDS = {"M0+": "mps2-an385", "M4": "mps2-an386", "M7": "mps2-an500"}
_INSTRUCTIONS_A_TICK = 40
_TIMER = """
#define TIMER ((volatile uint32_t *)0x40000000)  // CMSDK timer 0: control, value, reload
static void mark(void);
"""
_MAIN = """
#include <stdio.h>
static uint32_t ticks[{marks}], next;
static void mark(void) {{ ticks[next++] = TIMER[1]; }}
int main(void) {{
  static network_value image[NETWORK_IMAGE_SIZE];
  static float scores[NETWORK_SCORES];
#ifndef NETWORK_IMAGE_SCALE
#define NETWORK_IMAGE_SCALE 1.0f
#endif
  for (int32_t i = 0; i < NETWORK_IMAGE_SIZE; ++i) {{
    image[i] = (network_value)(((float)(i % 7) / 3.0f - 1.0f) / NETWORK_IMAGE_SCALE);
  }}
  TIMER[2] = TIMER[1] = 0xffffffffu;
  TIMER[0] = 1;
  network_run(image, scores);
  for (uint32_t i = 1; i < next; ++i) printf("%lu\\n", (unsigned long)(ticks[i - 1] - ticks[i]));
  return 0;
}}
"""


def instructions(program: CProgram, name: str, level: str = "-O2") -> list[int]:
    """Instructions of each group, in order."""
    source, processor = program.source_text(), PROCESSORS[name]
    run = source.index("void network_run")
    marked = re.sub(r"(  run_\w+\(.*\);)", r"\1\n  mark();", source[run:]).replace(") {\n", ") {\n  mark();\n", 1)
    head = source[:run].replace('#include "network.h"\n', '#include "network.h"\n\n#include <stdint.h>\n' + _TIMER, 1)
    marks = len(program.written.header.groups) + 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "network.h").write_text(program.header_text(), encoding="utf-8")
        (path / "counted.c").write_text(head + marked + _MAIN.format(marks=marks), encoding="utf-8")
        files = ["-I", folder, path / "counted.c", ARM / "startup.c", "-T", ARM / "memory.ld"]
        linked = ["-nostartfiles", "--specs=rdimon.specs", "-Wl,--defsym=stack_top=0x20400000", "-lm"]
        image = path / "image.elf"
        command = [GCC, "-std=c99", level, "-mthumb", *processor.flags, *files, *linked, "-o", image]
        subprocess.run(command, check=True)
        board = ["-M", _BOARDS[name], "-kernel", image, "-display", "none", "-monitor", "none", "-serial", "none"]
        counting = ["-icount", "shift=0", "-semihosting-config", "enable=on,target=native"]
        said = subprocess.run([QEMU, *board, *counting], capture_output=True, check=True, timeout=600).stdout
    return [int(line) * _INSTRUCTIONS_A_TICK for line in said.decode().split()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--to", choices=PROCESSORS, default="M4")
    parser.add_argument("--level", default="-O2")
    arguments = parser.parse_args()
    program = c_program(load(arguments.file))
    counted = instructions(program, arguments.to, arguments.level)
    groups = program.written.header.groups
    for group, count in zip(groups, counted, strict=True):
        each = f"{count / group.macs:8.2f} a product" if group.macs else ""
        print(f"{group.path[:40] or group.name[:40]:40} {group.source:16} {group.macs:12,} products {count:14,} {each}")
    print(f"{'all':57} {sum(group.macs for group in groups):12,} products {sum(counted):14,}")


if __name__ == "__main__":
    main()
