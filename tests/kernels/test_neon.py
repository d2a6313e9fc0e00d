"""The NEON kernels, compiled for 64-bit ARM and run by an emulator, to the bit.

Convolutions run against the scalar reference; gradients, training passes and the engine's loops against the portable
ones, which run there, too.
"""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

import pytest

from bnn_designer.kernels.toolchain import ARM64, INSTRUCTION_SETS
from tests.kernels.native_program import KERNELS, TABLES, build_program, run_program

COMPILER, EMULATOR = "aarch64-linux-gnu-g++", "qemu-aarch64"


@pytest.mark.parametrize(("name", "cases"), [(KERNELS, 60), (TABLES, 300)])
def test_neon_and_portable_kernels_on_arm(name: str, cases: int, tmp_path: Path, objects: Path) -> None:
    if platform.machine().lower() in ARM64:
        pytest.skip("this is an ARM processor: test_sanitizers.py runs NEON itself")
    for tool, package in ((COMPILER, "g++-aarch64-linux-gnu"), (EMULATOR, "qemu-user")):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed (Debian and Ubuntu: apt install {package})")
    sets = [isa for isa in INSTRUCTION_SETS if not isa.machines or set(ARM64) & set(isa.machines)]
    program = build_program(tmp_path, [COMPILER], sets, ("-O3",), ("-static",), name=name, objects=objects)
    reports = run_program([EMULATOR, str(program)], cases)
    assert list(reports) == ["neon", "portable"]  # the best first
    for report in reports.values():
        assert report.startswith(f"{cases} cases equal")
        assert all(int(part.split()[0]) >= cases for part in report.split(", ")[1:])
