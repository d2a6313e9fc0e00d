"""Larq Compute Engine 0.16, in a Python of its own (it needs TensorFlow 2.15 and numpy < 2): converts and runs.

Its process is kept alive and runs one image on request, so that it takes turns with us.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.bench.lce_graph import graph_data
from bnn_designer.bench.request import BenchError
from bnn_designer.bench.rows import Missing
from bnn_designer.graph import Graph
from bnn_designer.kernels.toolchain import X86

VARIABLE = "BNN_LCE_PYTHON"
VERSION = "0.16.0"
NAME = f"LCE {VERSION}"

SCRIPTS = Path(__file__).parent / "peer_scripts"
CONVERTER = SCRIPTS / "lce_convert.py"
ROUNDS = SCRIPTS / "lce_rounds.py"

_SETUP = (
    "python3.11 -m venv lce && lce/bin/pip install larq-compute-engine==0.16.0 tensorflow==2.15.1 larq==0.14.0 "
    f"'numpy<2' (Linux x86-64), then set {VARIABLE}=$PWD/lce/bin/python."
)


def python_or_missing() -> str | Missing:
    """The Python that has LCE; or why there is none, and how to get it."""
    python = os.environ.get(VARIABLE)
    if not python:
        machine = platform.machine()
        if machine.lower() not in X86:
            return Missing(NAME, f"its wheels are for x86-64, and this machine is {machine}; {VARIABLE} is not set.")
        return Missing(NAME, f"{VARIABLE} is not set. {_SETUP}")
    question = "import importlib.metadata as m; print(m.version('larq-compute-engine'))"
    try:
        answer = subprocess.run([python, "-c", question], capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        return Missing(NAME, f"{VARIABLE}={python} has no larq-compute-engine ({error}). {_SETUP}")
    if answer.stdout.strip() != VERSION:
        return Missing(NAME, f"{VARIABLE}={python} has larq-compute-engine {answer.stdout.strip()}. {_SETUP}")
    return python


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
        command = [python, str(CONVERTER)]
        done = subprocess.run(command, input=json.dumps(data), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{graph.name}: {NAME} cannot convert it. It said: {done.stderr[-1500:].strip()}")
    return target.stat().st_size


class LceProcess:
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
        self._noise = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by close()
        self._folder = tempfile.TemporaryDirectory()
        images_path = Path(self._folder.name) / "images.npy"
        np.save(images_path, images)
        self._process = subprocess.Popen(
            [python, str(ROUNDS), str(network), str(images_path), json.dumps(modes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._noise,
            text=True,
        )
        try:
            self.outputs = {mode: np.array(found) for mode, found in self._answer()["outputs"].items()}
        except BaseException:
            self.close()
            raise

    def round_ms(self, mode: str) -> float:
        """ms that one image takes, by the other process's clock."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{mode}\n")
        self._process.stdin.flush()
        elapsed: float = self._answer()
        return elapsed

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._noise.seek(0)
            raise BenchError(f"{NAME}: its process ended. It said: {self._noise.read()[-1500:].strip()}")
        return json.loads(line)

    def close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.kill()
        self._process.wait()
        self._noise.close()
        self._folder.cleanup()
