"""Every instruction set of this processor against the scalar reference, with the address and undefined sanitizers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bnn_designer.kernels.toolchain import find_compiler, machine_sets
from tests.kernels.native_program import ADDRESS, build_program, run_program, skip_unless_linked

CASES = 150


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory, objects: Path) -> dict[str, str]:
    """What the sanitized program says of each instruction set."""
    compiler = find_compiler().command
    folder = tmp_path_factory.mktemp("sanitized")
    skip_unless_linked(folder, compiler, ADDRESS)
    program = build_program(folder, compiler, machine_sets(), ADDRESS, objects=objects)
    return run_program([program], CASES)


@pytest.mark.parametrize("isa", [isa.name for isa in machine_sets()])
def test_every_kernel_is_right_and_touches_no_memory_but_its_own(isa: str, reports: dict[str, str]) -> None:
    if reports[isa] == "not on this processor":
        pytest.skip(f"this processor has no {isa}, and qemu-user does not emulate AVX-512")
    equal, products = reports[isa].split(", ")
    assert equal == f"{CASES} cases equal"
    assert int(products.split()[0]) >= CASES  # the instruction set asked for did the work


def test_the_program_finds_a_difference(tmp_path: Path) -> None:
    """One wrong bit in the scalar reference's sign: the comparison must end the program."""
    folder = tmp_path / "broken"
    folder.mkdir()
    portable = [isa for isa in machine_sets() if isa.name == "portable"]
    flags = ("-O1", "-DBNN_TEST_WRONG_SIGN")
    program = build_program(folder, find_compiler().command, portable, flags)
    result = subprocess.run([str(program), "5"], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "portable: " in result.stdout
    assert " differs at " in result.stdout
