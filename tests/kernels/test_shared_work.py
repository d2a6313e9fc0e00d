"""The loop that an op's caller shares with late threads (csrc/shared_work.h), on real threads, under sanitizers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bnn_designer.kernels.toolchain import find_compiler
from tests.kernels.native_program import build_small_program

ROUNDS = 300


@pytest.mark.parametrize("sanitizer", ["thread", "address,undefined"])
def test_every_unit_is_done_once_and_late_helpers_touch_nothing(sanitizer: str, tmp_path: Path) -> None:
    compiler, flags = find_compiler().command, ("-O1", "-g", f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all")
    empty = tmp_path / "empty.cc"
    empty.write_text("int main() { return 0; }\n")
    linked = subprocess.run([*compiler, *flags, str(empty), "-o", str(tmp_path / "empty")], capture_output=True)
    if linked.returncode != 0 or subprocess.run([str(tmp_path / "empty")], capture_output=True).returncode != 0:
        pytest.skip(f"{compiler[0]} has no {sanitizer} sanitizer that runs here")
    program = build_small_program(tmp_path, compiler, "test_shared_work", flags)
    result = subprocess.run([str(program), str(ROUNDS)], capture_output=True, text=True, check=False, timeout=300)
    assert result.returncode == 0, f"{result.stdout[-3000:]}\n{result.stderr[-3000:]}"
    assert result.stdout.startswith(f"{4 * 2 * ROUNDS} loops right")  # 4 thread counts, with helpers and held back
