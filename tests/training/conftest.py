"""Images that a test may damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnn_designer.training.data.cifar10 import FILES, FOLDER


@pytest.fixture
def data_copy(synthetic_data: Path, tmp_path: Path) -> Path:
    """A folder of links to the files of ``synthetic_data``: a test replaces a link, never writes through it."""
    folder = tmp_path / FOLDER
    folder.mkdir()
    for name in FILES:
        (folder / name).symlink_to(synthetic_data / name)
    return folder
