"""The loop that an op's caller shares with late threads (csrc/ops/shared_work.h), on real threads, under sanitizers."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnn_designer.kernels.toolchain import find_compiler
from tests.kernels.native_program import ADDRESS, THREAD, build_small_program, run_program, skip_unless_linked

ROUNDS = 300


@pytest.mark.parametrize("flags", [THREAD, ADDRESS], ids=["thread", "address"])
def test_every_unit_is_done_once_and_late_helpers_touch_nothing(flags: tuple[str, ...], tmp_path: Path) -> None:
    compiler = find_compiler().command
    skip_unless_linked(tmp_path, compiler, flags)
    program = build_small_program(tmp_path, compiler, "test_shared_work", flags)
    said = run_program([program], ROUNDS)["loops"]
    assert said.startswith(f"{4 * 2 * ROUNDS} right")  # 4 numbers of threads, with helpers and with late ones
