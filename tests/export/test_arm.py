"""The C program on Cortex-M: cross-compiled, its memory counted in the linked image, and run under QEMU."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from bnn_designer.export.c.program import MAIN, CProgram, c_program
from bnn_designer.export.c.proof import FLAGS, printed
from bnn_designer.inference import Engine
from tests.export.networks import Draw, of_all, of_bits
from tests.export.networks_of_int8 import of_int8

ARM = Path(__file__).parent / "arm"
GCC, SIZE, QEMU = "arm-none-eabi-gcc", "arm-none-eabi-size", "qemu-system-arm"

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, (GCC, SIZE, QEMU))), reason=f"{GCC} or {QEMU} is not installed"
)


@dataclass(frozen=True)
class Processor:
    """A Cortex-M by its flags, and a board of QEMU's that runs its instructions, with where its RAM ends."""

    flags: tuple[str, ...]
    board: str
    stack_top: int


#: No board of QEMU's has an M0+. The micro:bit's M0 has the same instructions, and 16 KiB of RAM.
PROCESSORS = {
    "M0+": Processor(("-mcpu=cortex-m0plus",), "microbit", 0x20004000),
    "M4": Processor(("-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"), "mps2-an386", 0x20400000),
    "M7": Processor(("-mcpu=cortex-m7", "-mfloat-abi=hard", "-mfpu=fpv5-sp-d16"), "mps2-an500", 0x20400000),
}
#: An engine's scores, to the bit: numbers that no order of sums rounds.
NETWORKS = {"all": of_all(exponentials=False), "bits": of_bits(2), "int8": of_int8(0)}


def compiled(program: CProgram, processor: Processor, folder: Path) -> Path:
    """The image of a program with main.c; network.o stays in the folder."""
    (folder / "network.h").write_text(program.header_text(), encoding="utf-8")
    (folder / "network.c").write_text(program.source_text(), encoding="utf-8")
    arm = [GCC, *FLAGS, "-mthumb", *processor.flags, "-Wall", "-Wextra", "-Werror", "-I", str(folder)]
    subprocess.run([*arm, "-c", folder / "network.c", "-o", folder / "network.o"], check=True)
    image = folder / "image.elf"
    start = ["-nostartfiles", "--specs=rdimon.specs", ARM / "startup.c", "-T", ARM / "memory.ld"]
    top = f"-Wl,--defsym=stack_top={processor.stack_top:#x}"
    subprocess.run([*arm, folder / "network.o", MAIN, *start, top, "-lm", "-o", image], check=True)
    return image


def run(image: Path, processor: Processor, given: bytes) -> str:
    """What the program prints, its standard input and output by semihosting."""
    board = ["-M", processor.board, "-kernel", image, "-display", "none", "-monitor", "none", "-serial", "none"]
    command = [QEMU, *board, "-semihosting-config", "enable=on,target=native"]
    return subprocess.run(command, input=given, capture_output=True, check=True, timeout=60).stdout.decode()


def sections(file: Path) -> dict[str, int]:
    """Bytes of an object file's sections."""
    listed = subprocess.run([SIZE, "-A", file], capture_output=True, text=True, check=True).stdout
    found: dict[str, int] = {}
    for name, size in re.findall(r"^\.(\w+)\S*\s+(\d+)", listed, re.MULTILINE):
        found[name] = found.get(name, 0) + int(size)
    return found


@pytest.mark.parametrize(
    ("name", "kind"), [("M0+", "all"), ("M0+", "bits"), ("M0+", "int8"), ("M4", "all"), ("M7", "bits")]
)
def test_the_same_scores_and_the_memory_that_was_counted(tmp_path: Path, name: str, kind: str) -> None:
    processor, network = PROCESSORS[name], NETWORKS[kind]
    program = c_program(network)
    image = compiled(program, processor, tmp_path)
    images = Draw(4).images(network, 3)
    classes, found = printed(run(image, processor, images.tobytes()))
    with Engine(program.network) as engine:
        wanted = engine.run(images)
    np.testing.assert_array_equal(found, wanted)
    assert classes.tolist() == wanted.argmax(axis=1).tolist()
    # RAM is what was planned, to the byte. Of flash a compiler may put some sizes of windows into its code.
    counted = sections(tmp_path / "network.o")
    assert counted["bss"] == program.memory.static_bytes
    assert counted.get("data", 0) == 0
    memory = program.memory
    assert memory.flash_bytes - memory.windows <= counted["rodata"] <= memory.flash_bytes


def test_no_processor_counts_bits_by_a_call(tmp_path: Path) -> None:
    """__popcountsi2 is what a compiler calls for __builtin_popcount, or for a loop that it takes for one."""
    compiled(c_program(NETWORKS["bits"]), PROCESSORS["M0+"], tmp_path)
    command = ["arm-none-eabi-nm", "-u", tmp_path / "network.o"]
    symbols = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert "__popcountsi2" not in symbols
    # Nor is there arithmetic of floats in signs alone: the image and the scores are compared, sums become scores.
    assert {name for name in symbols if name.startswith("__aeabi_f") and "cmp" not in name} == set()
