"""Programs that were exported, run by a Python in a process of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

import bnn_designer
from bnn_designer.called import OTHER_PYTHON, output_of

FloatArray = npt.NDArray[np.float32]

_RUN = """\
import runpy, sys
for program, with_package in zip(sys.argv[1::2], sys.argv[2::2]):
    if with_package == "False":
        sys.modules["bnn_designer"] = None  # as where it is not installed
    else:
        sys.modules.pop("bnn_designer", None)
    command, sys.argv = sys.argv, [program, "images.npy", program + ".npy"]
    runpy.run_path(program, run_name="__main__")
    sys.argv = command
import keras
print(keras.__version__)
"""


@contextmanager
def folder_of(files: Mapping[str, bytes]) -> Iterator[Path]:
    """A folder that holds these files, for a while."""
    with tempfile.TemporaryDirectory(prefix="bnn-designer-") as name:
        folder = Path(name)
        for file, data in files.items():
            (folder / file).write_bytes(data)
        yield folder


def program_scores(
    python: str, files: Mapping[str, bytes], programs: Sequence[tuple[str, bool]], images: FloatArray
) -> tuple[list[FloatArray], str]:
    """What programs make of images, ``[n, classes]`` each, and the version of Keras that ran them.

    Args:
        python: the interpreter, which has Keras.
        files: of the export; they are written into a folder for the time.
        programs: those to run, one after the other, and whether each may import ``bnn_designer``.
        images: ``[n, height, width, channels]``.

    Raises:
        BnnDesignerError: Python cannot be run, or a program fails.
    """
    package = str(Path(bnn_designer.__file__).parents[1])
    path = os.pathsep.join(part for part in (package, os.environ.get("PYTHONPATH", "")) if part)
    environment = os.environ | {"PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "2"}
    with folder_of(files) as folder:
        np.save(folder / "images.npy", images)
        arguments = [str(one) for program in programs for one in program]
        said = output_of([python, "-c", _RUN, *arguments], OTHER_PYTHON, folder=folder, environment=environment)
        scores = [np.load(folder / f"{program}.npy").reshape(len(images), -1) for program, _ in programs]
    return scores, said.split()[-1]
