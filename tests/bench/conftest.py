"""A cache in which nobody else takes the machine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from bnn_designer.kernels.builder import build, build_kernels
from bnn_designer.kernels.onednn import build_onednn
from bnn_designer.kernels.toolchain import KernelBuildError

BUILDS: tuple[Callable[[], Path], ...] = (build_kernels, build, build_onednn)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The usual libraries in a cache of its own: tests of other rooms, run beside these, measure too, and none of them
    is about how long it waits for the machine."""
    folder = tmp_path_factory.mktemp("cache")
    for build_library in BUILDS:
        with suppress(KernelBuildError):  # said where it is needed
            library = build_library().parent
            (folder / library.name).symlink_to(library)
    return folder


@pytest.fixture
def own_cache(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_CACHE_DIR", str(built))
