"""The NEON kernels, compiled for 64-bit ARM and run by an emulator, to the bit.

Convolutions run against the scalar reference; gradients, training passes and the engine's loops against the portable
ones, which run there, too.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from bnn_designer.kernels.toolchain import ARM64
from tests.kernels.count_instructions import count
from tests.kernels.native_program import (
    ARM_COMPILER,
    ARM_EMULATOR,
    KERNELS,
    TABLES,
    arm_sets,
    build_program,
    run_program,
)


@pytest.fixture(autouse=True)
def _emulator() -> None:
    if platform.machine().lower() in ARM64:
        pytest.skip("this is an ARM processor: test_sanitizers.py runs NEON itself")
    for tool, package in ((ARM_COMPILER, "g++-aarch64-linux-gnu"), (ARM_EMULATOR, "qemu-user")):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed (Debian and Ubuntu: apt install {package})")


@pytest.mark.parametrize(("name", "cases"), [(KERNELS, 60), (TABLES, 300)])
def test_neon_and_portable_kernels_on_arm(name: str, cases: int, tmp_path: Path, objects: Path) -> None:
    program = build_program(tmp_path, [ARM_COMPILER], arm_sets(), ("-O3",), ("-static",), name=name, objects=objects)
    reports = run_program([ARM_EMULATOR, str(program)], cases)
    assert list(reports) == ["neon", "portable"]  # the best first
    for report in reports.values():
        assert report.startswith(f"{cases} cases equal")
        assert all(int(part.split()[0]) >= cases for part in report.split(", ")[1:])


@pytest.mark.parametrize(("loop", "times"), [("XNOR product", 2), ("looking up", 8), ("float product", 1.5)])
def test_neon_takes_fewer_instructions(loop: str, times: float, tmp_path: Path, objects: Path) -> None:
    """Nothing is timed on ARM, so this is what shows that a loop's registers have come to lie in memory."""
    help_text = subprocess.run([ARM_EMULATOR, "-help"], capture_output=True, text=True, check=False).stdout
    if "-plugin" not in help_text:
        pytest.skip("this emulator was built without plugins")
    found = list(count(tmp_path, loop, objects))
    assert found
    for counts in found:
        assert counts.portable > times * counts.neon, counts
