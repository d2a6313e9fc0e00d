"""A tool that runs what was exported, in a Python of its own: it needs libraries that we do not."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.called import output_of
from bnn_designer.errors import BnnDesignerError

#: All of the export's scripts for other Pythons, whatever the target. None may import this package, so the wheel knows
#: one folder of them, and so do the tools that check imports and types.
SCRIPTS = Path(__file__).parent / "peer_scripts"

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Receiver:
    """A tool.

    Attributes:
        name: for people.
        modules: what a Python must have to run it.
        variable: of the environment; names a Python that has them.
        install: the packages, for pip.
        script: in `SCRIPTS`; it is called with the model, the images and where to put the scores, both ``.npy``, and
            prints a JSON object of what there is to say.
    """

    name: str
    modules: tuple[str, ...]
    variable: str
    install: str
    script: str

    @property
    def python(self) -> str | None:
        """The Python that has it: the one in the variable, else this one if the modules are here; None: neither."""
        if named := os.environ.get(self.variable):
            return named
        return sys.executable if all(importlib.util.find_spec(module) for module in self.modules) else None

    def find(self) -> str:
        """The Python that has it, as :attr:`python`.

        Raises:
            BnnDesignerError: neither has it; how to get one.
        """
        if (python := self.python) is None:
            raise BnnDesignerError(
                f"{self.name}: it is not installed here. Run python -m venv peer && "
                f"peer/bin/pip install {self.install}, then set {self.variable}=$PWD/peer/bin/python."
            )
        return python

    def run(self, files: Mapping[str, bytes], model: str, images: FloatArray) -> tuple[FloatArray, dict[str, Any]]:
        """The scores ``[n, scores]`` that it gives, and what its script says.

        Args:
            files: of the export, by name.
            model: the one of them that is loaded.
            images: ``[n, height, width, channels]``.

        Raises:
            BnnDesignerError: it is not installed, or fails, or takes half an hour.
        """
        python = self.find()
        with tempfile.TemporaryDirectory(prefix="bnn-designer-") as name:
            folder = Path(name)
            for file, data in files.items():
                (folder / file).write_bytes(data)
            np.save(folder / "images.npy", images)
            paths = [str(folder / name) for name in (model, "images.npy", "scores.npy")]
            mend = f"Name another Python in {self.variable}."
            said = output_of([python, str(SCRIPTS / self.script), *paths], mend, name=self.name)
            return np.load(folder / "scores.npy").astype(np.float32), json.loads(said)
