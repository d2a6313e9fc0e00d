"""The NEON kernels, compiled for 64-bit ARM and run by an emulator, against the scalar reference."""

from __future__ import annotations

import platform
import shutil

import pytest

from bnn_designer.kernels.toolchain import ARM64, INSTRUCTION_SETS
from tests.kernels.native_program import build_program, run_program

COMPILER, EMULATOR = "aarch64-linux-gnu-g++", "qemu-aarch64"
CASES = 60


def test_neon_and_portable_kernels_on_arm(tmp_path_factory: pytest.TempPathFactory) -> None:
    if platform.machine().lower() in ARM64:
        pytest.skip("this is an ARM processor: test_sanitizers.py runs NEON itself")
    for tool, package in ((COMPILER, "g++-aarch64-linux-gnu"), (EMULATOR, "qemu-user")):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed (Debian and Ubuntu: apt install {package})")
    sets = [isa for isa in INSTRUCTION_SETS if not isa.machines or set(ARM64) & set(isa.machines)]
    program = build_program(tmp_path_factory.mktemp("arm"), [COMPILER], sets, ("-O3",), ("-static",))
    reports = run_program([EMULATOR, str(program)], CASES)
    assert list(reports) == ["neon", "portable"]  # the best first
    for report in reports.values():
        assert report.startswith(f"{CASES} cases equal")
        assert all(int(part.split()[0]) >= CASES for part in report.split(", ")[1:])
