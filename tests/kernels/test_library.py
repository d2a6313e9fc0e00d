"""Building, choosing and loading, each in a process of its own, since a process decides once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bnn_designer import kernels
from bnn_designer.kernels import builder, built
from bnn_designer.kernels.sources import OPS_LIBRARY
from bnn_designer.kernels.toolchain import machine_sets
from tests.kernels import forked

ROOT = Path(__file__).parents[2]
ISAS = tuple(isa.name for isa in machine_sets())

COMPUTE_AND_TELL = """
import numpy as np
from bnn_designer import kernels
from bnn_designer.kernels import library, ops
from bnn_designer.kernels.sources import library_path
y = ops.binary_conv2d(np.ones((1, 4, 4, 70), np.float32), -np.ones((3, 3, 70, 5), np.float32))
assert (y.numpy() == -3 * 3 * 70).all()
native = library.open_library(library_path()).native
isas = kernels.info().available_isas
ran = [isa for isa in isas if native.bnn_gemm_calls(isa.encode()) > 0]
print(kernels.info().isa, *ran)
"""


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | environment,
    )


@pytest.fixture(scope="module")
def said() -> dict[str, list[str]]:
    """What each instruction set of this processor said when it was forced: the set in use, and the sets that ran."""
    isas = kernels.info().available_isas
    outputs = forked.outputs(COMPUTE_AND_TELL, [{"BNN_KERNELS": isa} for isa in isas])
    return {isa: output.split() for isa, output in zip(isas, outputs, strict=True)}


@pytest.mark.parametrize("isa", ISAS)
def test_bnn_kernels_forces_an_instruction_set_and_it_is_the_one_that_runs(
    isa: str, said: dict[str, list[str]]
) -> None:
    if isa not in said:
        pytest.skip(f"this processor has no {isa}")
    # A table of one counts its calls; avx512vnni has no convolution of its own.
    ran = ["avx512vnni", "avx512bw"] if isa in {"avx512vnni", "avx512bw"} else [isa]
    assert said[isa] == [isa, *ran]


def test_unknown_instruction_set_is_a_reason_not_a_crash() -> None:
    result = python(
        "from bnn_designer import kernels as k; print(k.available(), k.unavailable_reason(), k.info().isa)",
        BNN_KERNELS="mmx",
    )
    assert "False BNN_KERNELS asks for 'mmx'" in result.stdout, result.stderr
    assert "one of: " in result.stdout
    assert "portable" in result.stdout
    assert result.stdout.strip().endswith("None")


def test_without_a_compiler_the_reason_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "from bnn_designer import kernels; print(kernels.available(), kernels.info().built);"
        "print(kernels.unavailable_reason()); print(kernels.self_test().ok, kernels.self_test().reason)"
    )
    result = python(code, PATH="", CXX="", BNN_CACHE_DIR=str(tmp_path))
    lines = result.stdout.splitlines()
    assert lines[0] == "False False", result.stderr
    assert lines[1].startswith("No C++ compiler was found on PATH")
    assert "apt install g++" in lines[1]
    assert lines[2] == f"False {lines[1]}"


def test_failing_build_keeps_its_log_and_names_it(tmp_path: Path) -> None:
    compiler = tmp_path / "broken-c++"
    answer = '[ "$1" = --version ] && { echo "broken c++ 1.0"; exit 0; }'
    compiler.write_text(f'#!/bin/sh\n{answer}\necho "no luck" >&2\nexit 1\n')
    compiler.chmod(0o755)
    result = subprocess.run(
        [sys.executable, "-m", "bnn_designer.kernels.build"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"CXX": str(compiler), "BNN_CACHE_DIR": str(tmp_path / "cache"), "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    (log,) = (tmp_path / "cache").glob("*-failed.log")
    assert result.returncode == 2
    assert str(log) in result.stderr
    assert "no luck" in log.read_text()
    assert not list((tmp_path / "cache").glob("*/"))  # nothing half-made is left


def test_cache_that_cannot_be_written_is_a_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    result = python(
        "from bnn_designer import kernels; print(kernels.unavailable_reason())", BNN_CACHE_DIR=str(tmp_path / "file")
    )
    assert "Set BNN_CACHE_DIR to a writable folder." in result.stdout, result.stderr


def test_importing_the_package_does_not_import_tensorflow() -> None:
    result = python("import sys, bnn_designer.kernels; print('tensorflow' in sys.modules)")
    assert result.stdout.strip() == "False", result.stderr


def test_second_build_finds_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    from bnn_designer.kernels.build import main

    assert main() == 0
    assert capsys.readouterr().out.startswith("Already built: ")


def test_a_build_leaves_a_note_that_needs_no_compiler_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler, library = tmp_path / "c++", tmp_path / "key" / OPS_LIBRARY
    compiler.write_text("one")
    compiler.chmod(0o755)
    library.parent.mkdir()
    library.touch()
    monkeypatch.setenv("CXX", f"{compiler} -m64")
    monkeypatch.setenv("BNN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(builder, "build", lambda say: library)
    assert built.find_built() is None
    assert built.build() == library
    monkeypatch.setattr(subprocess, "Popen", None)
    assert built.find_built() == built.library_path() == library
    # Another compiler may make another library, so may other sources.
    compiler.write_text("another")
    assert built.find_built() is None
    compiler.unlink()
    assert built.find_built() is None
    monkeypatch.setenv("CXX", "")
    monkeypatch.setenv("PATH", "")
    assert built.find_built() is None


def test_a_note_of_a_library_that_is_gone_counts_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "key" / OPS_LIBRARY
    library.parent.mkdir()
    library.touch()
    monkeypatch.setenv("BNN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(builder, "build", lambda say: library)
    built.build()
    assert built.find_built() == library
    library.unlink()
    assert built.find_built() is None


def test_info_describes_the_library() -> None:
    info = kernels.info()
    assert info.built
    assert info.library_path is not None
    assert info.library_path.exists()
    assert info.isa in info.available_isas
    assert info.reason is None
