"""The target ``openvino``: a model for OpenVINO's runtime whose products of signs are BinaryConvolutions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

import bnn_designer
from bnn_designer.export.c.constants import printable
from bnn_designer.export.material import Material
from bnn_designer.export.nodes.node import Node, Nodes
from bnn_designer.export.nodes.of_groups import nodes_of
from bnn_designer.export.openvino.layers import ir_of, kept_in_bits
from bnn_designer.export.proof import Proof, compared
from bnn_designer.export.receiver import Receiver
from bnn_designer.export.written import Written
from bnn_designer.inference import Engine
from bnn_designer.packing.int8 import LARGEST
from bnn_designer.targets import Verdict
from bnn_designer.units import counted

MODEL, CONSTANTS = "network.xml", "network.bin"
OPENVINO = Receiver("OpenVINO", ("openvino",), "BNN_OPENVINO_PYTHON", "openvino==2026.4.1", "openvino_run.py")


def write_openvino(material: Material, verdicts: Mapping[str, Verdict]) -> Written:
    """The model, an .xml of operations and a .bin of their constants, with a README."""
    nodes = nodes_of(material.packed)
    ir = ir_of(nodes)
    name = printable(nodes.name) or "network"
    files = {
        MODEL: ir.text(name).encode(),
        CONSTANTS: bytes(ir.constants),
        "README.md": _readme(nodes, name, material.weights).encode(),
    }
    return Written(files, notes=_notes(nodes))


def prove_openvino(material: Material, written: Written, images: npt.NDArray[np.float32]) -> Proof:
    """Run by OpenVINO's CPU plugin, beside the engine."""
    found, said = OPENVINO.run({name: written.files[name] for name in (MODEL, CONSTANTS)}, MODEL, images)
    with Engine(material.packed) as engine:
        wanted = engine.run(images)
    others = "".join(f"; {counted(count, 'convolution')} in {kind}" for kind, count in said["others"].items())
    run_by = (
        f"OpenVINO {said['version']} ({counted(said['binary'], 'BinaryConvolution')}, {said['on_bits']} on bits, "
        f"{counted(said['reorders'], 'reorder')} from the first to the last{others})"
    )
    return compared(found, wanted, run_by, "the engine")


def _notes(nodes: Nodes) -> tuple[str, ...]:
    by_name = nodes.by_name
    binary = [node for node in nodes.nodes if node.kind == "binary_conv"]
    floats = [node.path for node in binary if not kept_in_bits(by_name, node)]
    kept = f"{len(binary) - len(floats)} of {counted(len(binary), 'layer')} that multiply signs with signs"
    found = [f"{kept} are BinaryConvolutions"]
    if floats:
        found.append(f"as float convolutions of signs, with the same sums: {_listed(floats)}")
    whole = [node for node in nodes.nodes if node.kind == "int8_conv"]
    if whole:
        found.append(
            f"{counted(len(whole), 'layer')} of 8 bits: whole numbers, multiplied as floats, which hold every sum"
        )
    wide = [node.path for node in whole if _largest_sum(node) > 2**24]
    if wide:
        found.append(f"but for sums beyond 2^24, which are rounded and which some image might reach: {_listed(wide)}")
    return tuple(f"{one[:1].upper()}{one[1:]}." for one in found)


def _listed(paths: list[str]) -> str:
    return ", ".join(map(printable, paths))


def _largest_sum(node: Node) -> int:
    return int(np.abs(node.arrays["filters"].astype(np.int64)).sum(axis=(1, 2, 3)).max()) * LARGEST


def _readme(nodes: Nodes, name: str, weights: str) -> str:
    height, width, channels = nodes.image
    from_where = f"Its weights are from {printable(weights)}." if weights else "It is **untrained**."
    notes = "\n".join(f"- {note}" for note in _notes(nodes))
    return _README.format(
        name=name,
        version=bnn_designer.__version__,
        from_where=from_where,
        rest=f"{height}, {width}, {channels}",
        notes=notes,
    )


_README = """\
# {name} for OpenVINO

Made by BNN Designer {version}. {from_where}

| file | what is in it |
|---|---|
| `network.xml` | the operations |
| `network.bin` | their constants: filters of signs in bits, others in floats |

```python
import openvino as ov  # pip install openvino

model = ov.compile_model("network.xml", "CPU", {{"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}})
scores = model(images)["scores"]  # float32 [1, {rest}], scaled as in training: byte / 127.5 - 1
```

For eight images at once, have `network = ov.Core().read_model("network.xml")` and `network.reshape([8, {rest}])`, and
compile `network`.

{notes}

A sign is taken by a FakeQuantize of two levels, whose sign of its own threshold is -1 where training has +1:
thresholds of whole sums are half a step lower, so that no sum meets one. The CPU plugin has kernels for
BinaryConvolution; others were not tried.
"""
