"""What `pip install` of a wheel gives where no repository is: the program, the kernels, the app, the results."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bnn_designer.kernels.sources import SOURCE_DIR

ROOT = Path(__file__).parents[1]
BUILD_FILES = ("pyproject.toml", "setup.py", "requirements.in", "README.md", "LICENSE", "MANIFEST.in")
# Runs the app as the server would, from the installed files, and prints what the page is called.
APP = """
from streamlit.testing.v1 import AppTest
from bnn_designer.cli.app import APP_FILE
page = AppTest.from_file(str(APP_FILE), default_timeout=60).run()
assert not page.exception, page.exception
print(APP_FILE)
print([one.value for one in page.subheader])
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a wheel of this tree was unpacked in, as pip does it."""
    folder = tmp_path_factory.mktemp("wheel")
    # From a copy of what git would give: setuptools writes beside what it builds.
    source = folder / "source"
    source.mkdir()
    for name in ("bnn_designer", "app.py", "pages", "results", ".streamlit", *BUILD_FILES):
        (source / name).symlink_to(ROOT / name)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        str(source),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder / "site-packages")
    return folder / "site-packages"


def run(installed: Path, *arguments: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(installed), "BNN_HOME": str(installed.parent / "home")}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=installed.parent, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_everything_that_a_program_reads_is_in_it(installed: Path) -> None:
    """All files of the package but those that Python writes."""
    package = installed / "bnn_designer"
    ours = {path.relative_to(ROOT / "bnn_designer") for path in (ROOT / "bnn_designer").rglob("*") if path.is_file()}
    missing = {path for path in ours if "__pycache__" not in path.parts and not (package / path).is_file()}
    assert missing == set()
    assert (package / SOURCE_DIR.relative_to(ROOT / "bnn_designer")).is_dir()


def test_it_runs_where_no_repository_is(installed: Path) -> None:
    assert "binarynet" in run(installed, "-m", "bnn_designer.cli", "presets")
    assert "4 reproduced" in run(installed, "-m", "bnn_designer.cli", "results")
    file, heading = run(installed, "-c", APP).splitlines()
    assert Path(file) == installed / "bnn_designer" / "site" / "app.py"
    assert heading
