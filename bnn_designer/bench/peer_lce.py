"""Larq Compute Engine 0.16, in a Python of its own (it needs TensorFlow 2.15 and numpy < 2): converts and runs.

Its process is kept alive and runs one image on request, so that it takes turns with us.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.bench.lce_graph import graph_data
from bnn_designer.bench.peer_process import SCRIPTS, PeerPackage, PeerProcess
from bnn_designer.bench.request import BenchError
from bnn_designer.called import CallError, output_of
from bnn_designer.graph import Graph
from bnn_designer.kernels.toolchain import X86

VERSION = "0.16.0"
NAME = f"LCE {VERSION}"
PACKAGE = PeerPackage(
    NAME,
    "larq-compute-engine",
    VERSION,
    variable="BNN_LCE_PYTHON",
    setup="python3.11 -m venv lce && lce/bin/pip install larq-compute-engine==0.16.0 tensorflow==2.15.1 larq==0.14.0 "
    "'numpy<2' (Linux x86-64)",
    python="$PWD/lce/bin/python",
    machines=X86,
)

CONVERTER = SCRIPTS / "lce_convert.py"
ROUNDS = SCRIPTS / "lce_rounds.py"


def convert(python: str, graph: Graph, weights: dict[str, list[npt.NDArray[Any]]], target: Path) -> int:
    """Writes the network as LCE converts it, binary dense layers as 1x1 convolutions, which LCE keeps in bits.

    Args:
        python: that has LCE.
        graph: as ``lower`` gives it.
        weights: of each layer that has some, by its name, in Keras' order.
        target: the .tflite to write.

    Returns:
        The file's bytes.

    Raises:
        BenchError: LCE cannot convert it.
    """
    arrays = {f"{name}/{index}": array for name, found in weights.items() for index, array in enumerate(found)}
    with tempfile.TemporaryDirectory() as folder:
        npz = Path(folder) / "weights.npz"
        np.savez(npz, **arrays)  # type: ignore[arg-type]
        data = graph_data(graph, dense_as_conv=True) | {"weights": str(npz), "tflite": str(target)}
        try:
            output_of([python, str(CONVERTER)], PACKAGE.setup, json.dumps(data).encode(), name=NAME)
        except CallError as error:
            raise BenchError(f"{graph.name}: it cannot be converted. {error}") from error
    return target.stat().st_size


class LceProcess(PeerProcess):
    """One network in LCE's process, until it is closed.

    Args:
        python: that has LCE.
        network: the .tflite.
        images: float32 [n, height, width, channels]; the first is the one that is timed.
        modes: name -> options of LCE's interpreter.

    Attributes:
        outputs: mode -> float [n, classes].
    """

    def __init__(
        self, python: str, network: Path, images: npt.NDArray[np.float32], modes: dict[str, dict[str, Any]]
    ) -> None:
        def command(folder: Path) -> list[str]:
            images_path = folder / "images.npy"
            np.save(images_path, images)
            return [python, str(ROUNDS), str(network), str(images_path), json.dumps(modes)]

        super().__init__(NAME, command)
