"""OpenVINO 2026.4 (PyPI), in a Python of its own: convolutions in bits, in int8 and in float, by its CPU plugin.

What a user of an x86 processor takes today: its BinaryConvolution (opset 1) is compiled for the processor that it runs
on, with AVX-512's population count where there is one, and its int8 multiplies bytes (VNNI).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.bench.openvino_network import Description
from bnn_designer.bench.peer_process import SCRIPTS, PeerPackage, PeerProcess
from bnn_designer.export.openvino.ir import IR

VERSION = "2026.4.1"
NAME = f"OpenVINO {VERSION}"
PACKAGE = PeerPackage(
    NAME,
    "openvino",
    VERSION,
    variable="BNN_OPENVINO_PYTHON",
    setup=f"python3 -m venv ov && ov/bin/pip install openvino=={VERSION} (x86-64)",
    python="$PWD/ov/bin/python",
)
#: How its script sets it up, for the notes of rows.
SETTINGS = "OpenVINO with the latency hint, floats in f32"

ROUNDS = SCRIPTS / "openvino_rounds.py"

#: The instruction set of our kernels -> the one that OpenVINO's oneDNN may go up to. Where ours are held to less than
#: the processor has, it is held to as much: the figures then are about a processor without the rest.
_LIMIT = "ONEDNN_MAX_CPU_ISA"
LIMITS = {"avx512vnni": "AVX512_CORE_VNNI", "avx512bw": "AVX512_CORE", "avx2": "AVX2"}


def name_of(way: str, isa: str) -> str:
    """Who it is in a row: ``OpenVINO 2026.4.1 int8, up to AVX2``."""
    return f"{NAME} {way}, up to {LIMITS[isa]}" if isa in LIMITS else f"{NAME} {way}"


class OpenVinoProcess(PeerProcess):
    """Networks in OpenVINO's process, until it is closed.

    Args:
        python: that has OpenVINO.
        networks: by way; what is exported, or a description.
        images: float32 [n, height, width, channels]; the first is the one that is timed.
        threads: of each network.
        isa: the instruction set that our kernels run on, see `LIMITS`.

    Attributes:
        outputs: way -> float [n, numbers].
    """

    def __init__(
        self,
        python: str,
        networks: Mapping[str, Description | IR],
        images: npt.NDArray[np.float32],
        threads: int,
        isa: str,
    ) -> None:
        def command(folder: Path) -> list[str]:
            graphs, arrays = folder / "networks.json", folder / "arrays.npz"
            entries: dict[str, Any] = {}
            found: dict[str, Any] = {}
            for number, (way, network) in enumerate(networks.items()):
                if isinstance(network, IR):
                    path = folder / f"{number}.xml"
                    path.write_text(network.text(way), encoding="utf-8")
                    path.with_suffix(".bin").write_bytes(network.constants)
                    entries[way] = {"model": str(path)}
                else:
                    entries[way] = network.to_data()
                    found |= {f"{way}/{name}": array for name, array in network.arrays.items()}
            graphs.write_text(json.dumps(entries))
            np.savez(arrays, images=images, **found)
            return [python, str(ROUNDS), str(graphs), str(arrays), str(threads)]

        super().__init__(NAME, command, {_LIMIT: LIMITS[isa]} if isa in LIMITS else None)
