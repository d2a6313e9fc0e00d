"""A peer in a Python of its own, since it needs other libraries than we do: how it is found, and kept for rounds."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bnn_designer.bench.request import BenchError
from bnn_designer.bench.rows import Missing
from bnn_designer.called import OTHER_PYTHON, CallError, output_of

SCRIPTS = Path(__file__).parent / "peer_scripts"
#: How long a Python of a peer's may take to say what it has.
LONGEST_ASKING_S = 60.0


@dataclass(frozen=True)
class PeerPackage:
    """A package that a Python of its own has.

    Attributes:
        name: who it is, in rows.
        distribution, version: as its registry has it.
        variable: of the environment; names the Python.
        setup: how to make that Python.
        python: where that puts it.
        machines: what its wheels are for, as platform.machine() says it in lower case; empty: nobody is turned away.
    """

    name: str
    distribution: str
    version: str
    variable: str
    setup: str
    python: str
    machines: tuple[str, ...] = ()

    def python_or_missing(self) -> str | Missing:
        """The Python that has it in this version; or why there is none, and how to get it."""
        python = os.environ.get(self.variable)
        machine = platform.machine()
        if not python and self.machines and machine.lower() not in self.machines:
            wheels = f"its wheels are for {self.machines[0]}, and this machine is {machine}"
            return Missing(self.name, f"{wheels}; {self.variable} is not set.")
        if not python:
            return self._missing(" is not set")
        question = f"import importlib.metadata as m; print(m.version({self.distribution!r}))"
        try:
            found = output_of([python, "-c", question], OTHER_PYTHON, longest_s=LONGEST_ASKING_S).strip()
        except CallError as error:
            return self._missing(f"={python} has no {self.distribution} ({error})")
        if found != self.version:
            return self._missing(f"={python} has {self.distribution} {found}")
        return python

    def _missing(self, reason: str) -> Missing:
        return Missing(self.name, f"{self.variable}{reason}. {self.setup}, then set {self.variable}={self.python}.")


class PeerProcess:
    """A script of `SCRIPTS` that runs a peer, until it is closed.

    It prints ``{"outputs": {way: numbers}}`` first, and then for each line of its input, the name of a way, the ms that
    one image took in it.

    Args:
        name: of the peer, for messages.
        command: what to start, from a folder for its files, which is there as long as the process.
        environment: variables that it has beside ours.

    Attributes:
        outputs: way -> what the peer makes of the images.

    Raises:
        BenchError: it ends before it has said its outputs.
    """

    def __init__(
        self, name: str, command: Callable[[Path], Sequence[str]], environment: Mapping[str, str] | None = None
    ) -> None:
        self._name = name
        self._noise = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by close()
        self._folder = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            command(Path(self._folder.name)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._noise,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        try:
            self.outputs = {way: np.array(found) for way, found in self._answer()["outputs"].items()}
        except BaseException:
            self.close()
            raise

    def round_ms(self, way: str) -> float:
        """ms that one image takes, by the other process's clock."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{way}\n")
        self._process.stdin.flush()
        elapsed: float = self._answer()
        return elapsed

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._noise.seek(0)
            raise BenchError(f"{self._name}: its process ended. It said: {self._noise.read()[-1500:].strip()}")
        return json.loads(line)

    def close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.kill()
        self._process.wait()
        self._noise.close()
        self._folder.cleanup()
