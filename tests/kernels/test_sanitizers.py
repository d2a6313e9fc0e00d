"""Every instruction set of this processor, with the address and undefined sanitizers.

The convolutions run against the scalar reference (native/test_kernels.cc), all other tables against the portable ones
(native/test_tables.cc).
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bnn_designer.kernels.toolchain import find_compiler, machine_sets
from tests.kernels.native_program import ADDRESS, KERNELS, TABLES, build_program, run_program, skip_unless_linked

CASES = 150


Reports = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory, objects: Path) -> Reports:
    """What the sanitized programs say of each instruction set."""
    compiler = find_compiler().command
    folder = tmp_path_factory.mktemp("sanitized")
    skip_unless_linked(folder, compiler, ADDRESS)

    def report(name: str) -> dict[str, str]:
        program = build_program(folder, compiler, machine_sets(), ADDRESS, name=name, objects=objects)
        return run_program([program], CASES)

    return {name: report(name) for name in (KERNELS, TABLES)}


@pytest.mark.parametrize("isa", [isa.name for isa in machine_sets()])
@pytest.mark.parametrize("program", [KERNELS, TABLES])
def test_every_kernel_is_right_and_touches_no_memory_but_its_own(program: str, isa: str, reports: Reports) -> None:
    said = reports[program][isa]
    if said == "not on this processor":
        pytest.skip(f"this processor has no {isa}, and qemu-user does not emulate AVX-512")
    equal, calls = said.split(", ")
    assert equal == f"{CASES} cases equal"
    assert int(calls.split()[0]) >= CASES  # the instruction set asked for did the work


@pytest.mark.parametrize(("program", "flag"), [(KERNELS, "WRONG_SIGN"), (TABLES, "WRONG_BIT")])
def test_the_program_finds_a_difference(program: str, flag: str, tmp_path: Path) -> None:
    """One wrong bit, in the scalar reference's sign or in a result: the comparison must end the program."""
    folder = tmp_path / "broken"
    folder.mkdir()
    portable = [isa for isa in machine_sets() if isa.name == "portable"]
    flags = ("-O1", f"-DBNN_TEST_{flag}")
    broken = build_program(folder, find_compiler().command, portable, flags, name=program)
    result = subprocess.run([str(broken), "5"], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "portable: " in result.stdout
    assert " differs at " in result.stdout
