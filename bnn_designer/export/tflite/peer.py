"""Larq Compute Engine's own Python, which has other libraries than ours: where it is, and what it is asked to do."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bnn_designer.called import output_of
from bnn_designer.errors import BnnDesignerError
from bnn_designer.export.receiver import SCRIPTS

VARIABLE = "BNN_LCE_PYTHON"
_SETUP = (
    "Run python3.11 -m venv lce && lce/bin/pip install larq-compute-engine==0.16.0 tensorflow==2.15.1 larq==0.14.0 "
    f"'numpy<2' (Linux x86-64), then set {VARIABLE}=$PWD/lce/bin/python"
)
_SCRIPT = SCRIPTS / "lce_export.py"


@dataclass(frozen=True)
class Converted:
    """What the converter wrote.

    Attributes:
        content: the .tflite file.
        version: LCE's.
        operators: how many of each kind the file has.
        int8: how many of them multiply whole numbers of 8 bits.
    """

    content: bytes
    version: str
    operators: dict[str, int]
    int8: int


def convert(saved_model: Path) -> Converted:
    """The .tflite file of a SavedModel.

    Args:
        saved_model: a folder.

    Raises:
        BnnDesignerError: there is no Python with LCE, or it cannot convert the model in half an hour; what it said.
    """
    with tempfile.TemporaryDirectory(prefix="bnn-designer-") as folder:
        network = Path(folder) / "network.tflite"
        said = json.loads(_ask("convert", str(saved_model), str(network)))
        return Converted(network.read_bytes(), said["version"], said["operators"], said["int8"])


def run(network: bytes, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The scores ``[n, classes]`` that LCE's interpreter gives of images.

    Raises:
        BnnDesignerError: as :func:`convert`.
    """
    with tempfile.TemporaryDirectory(prefix="bnn-designer-") as folder:
        paths = [Path(folder) / name for name in ("network.tflite", "images.npy", "scores.npy")]
        paths[0].write_bytes(network)
        np.save(paths[1], images)
        _ask("run", *map(str, paths))
        found: npt.NDArray[np.float32] = np.load(paths[2], allow_pickle=False)
        return found


def find_python() -> str:
    """The Python that has LCE. Raises BnnDesignerError where none is named; how to get one."""
    python = os.environ.get(VARIABLE)
    if not python:
        raise BnnDesignerError(f"Larq Compute Engine: {VARIABLE} names no Python that has it. {_SETUP}.")
    return python


def _ask(*arguments: str) -> str:
    """What the receiver prints."""
    python = find_python()
    # Larq is for Keras 2, whatever this process was asked to use.
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "KERAS_BACKEND")}
    command = [python, str(_SCRIPT), *arguments]
    return output_of(command, f"{_SETUP}.", name="Larq Compute Engine", environment=environment)
