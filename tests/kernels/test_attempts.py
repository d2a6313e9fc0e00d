"""Builds that cannot be: on a real full disk, with a compiler that fails, is killed or finds its disk full."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bnn_designer.kernels import attempts
from tests.small_disk import fill, small_disk

ROOT = Path(__file__).parents[2]


def compiler(folder: Path, says: str) -> Path:
    """A compiler that says something, fails, and counts how often it was asked to compile."""
    path = folder / "c++"
    answer = '[ "$1" = --version ] && { echo "c++ 1.0"; exit 0; }'
    path.write_text(f'#!/bin/sh\n{answer}\necho x >> {folder / "asked"}\necho "{says}" >&2\nexit 1\n')
    path.chmod(0o755)
    return path


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | environment,
    )


def asked(folder: Path) -> int:
    path = folder / "asked"
    return len(path.read_text().split()) if path.exists() else 0


def test_a_full_disk_is_told_by_every_command_and_no_compiler_is_started(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size_kib=1024) as disk:
        fill(disk)
        setting = {"CXX": str(compiler(tmp_path, "never")), "BNN_CACHE_DIR": str(disk / "cache")}
        told = command("bnn_designer.cli", "kernels", **setting)
        assert told.returncode == 1
        words = f"The disk of {disk / 'cache'} is full: 0.0 MiB are free, and building the XNOR kernels takes 16 MiB."
        assert words in told.stdout
        assert "not built yet" not in told.stdout
        build = command("bnn_designer.kernels.build", **setting)
        assert (build.returncode, words in build.stderr) == (2, True)
        assert asked(tmp_path) == 0


def test_a_disk_that_fills_up_while_a_compiler_works_is_not_the_compilers_fault(tmp_path: Path) -> None:
    setting = {"CXX": str(compiler(tmp_path, "cannot write: No space left on device")), "BNN_CACHE_DIR": str(tmp_path)}
    build = command("bnn_designer.kernels.build", **setting)
    assert (build.returncode, "is full, and building" in build.stderr) == (2, True)
    assert "compiler" not in build.stderr
    # it may fit the next time, so nothing keeps it from being tried
    assert not list(tmp_path.glob("*-failed.log"))


def test_a_compiler_that_was_killed_may_be_tried_again(tmp_path: Path) -> None:
    said = "c++: fatal error: Killed signal terminated program cc1plus"
    setting = {"CXX": str(compiler(tmp_path, said)), "BNN_CACHE_DIR": str(tmp_path)}
    build = command("bnn_designer.kernels.build", **setting)
    assert "the machine ran out of memory" in build.stderr
    assert not list(tmp_path.glob("*-failed.log"))


def test_a_build_that_failed_is_not_tried_again_unless_asked_for(tmp_path: Path) -> None:
    setting = {"CXX": str(compiler(tmp_path, "no luck")), "BNN_CACHE_DIR": str(tmp_path / "cache")}
    first = command("bnn_designer.kernels.build", **setting)
    (log,) = (tmp_path / "cache").glob("*-failed.log")
    assert "no luck" in log.read_text()
    tried = asked(tmp_path)
    assert tried > 0
    told = command("bnn_designer.cli", "kernels", **setting)
    assert told.returncode == 1
    for said in (first.stderr, told.stdout):
        assert "files of the XNOR kernels do not compile." in said
        assert f"The compiler's messages are in {log}. Run python -m bnn_designer.kernels.build to try again." in said
    assert asked(tmp_path) == tried
    command("bnn_designer.kernels.build", **setting)
    assert asked(tmp_path) == 2 * tried


def test_room_is_what_a_build_takes(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size_kib=20 * 1024) as disk:
        assert attempts.no_room(disk / "not" / "yet" / "there") is None
        (disk / "other").write_bytes(bytes(5 * 2**20))
        told = attempts.no_room(disk)
        assert told is not None
        assert "15.0 MiB are free" in told


def test_the_compilers_own_disk_counts_too(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size_kib=1024) as disk:
        setting = {"TMPDIR": str(disk), "BNN_CACHE_DIR": str(tmp_path), "CXX": str(compiler(tmp_path, "never"))}
        build = command("bnn_designer.kernels.build", **setting)
        assert f"The disk of {disk} is full" in build.stderr
        assert asked(tmp_path) == 0
