"""The target ``tflite``: the file that Larq Compute Engine makes of the Keras model, and its proof."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bnn_designer.cost import DeployedCost, cost
from bnn_designer.export.errors import ExportError
from bnn_designer.export.material import Material
from bnn_designer.export.proof import Proof, compared
from bnn_designer.export.tflite.int8 import whole_products
from bnn_designer.export.tflite.peer import Converted, convert, run
from bnn_designer.export.words import opening, verdict_table
from bnn_designer.export.written import Written
from bnn_designer.graph import ops
from bnn_designer.inference import Engine
from bnn_designer.targets import Verdict
from bnn_designer.units import counted

NAME = "network.tflite"
BINARY_OPERATORS = ("LceBconv2d", "LceBMaxPool2d")


def write_tflite(material: Material, verdicts: Mapping[str, Verdict]) -> Written:
    """The converted file and a README, with a note of its operators and of how its size was predicted.

    Raises:
        ExportError: LCE does not take a block; with its path and the reason.
        PackError: it has layers of 8 bits, whose scales are the packed network's, and cannot be packed.
        BnnDesignerError: there is no Python with LCE, or it fails.
    """
    graph, model = material.graph, material.model
    for path, verdict in verdicts.items():
        if verdict.state == "refused":
            raise ExportError(path, f"Larq Compute Engine does not take it: {verdict.reason}", "Change that block")
    from bnn_designer.nn.pixels import save_as_pixels

    whole = whole_products(graph, material.packed) if _has_int8(material) else []
    with tempfile.TemporaryDirectory(prefix="bnn-designer-") as folder:
        save_as_pixels(graph, model, Path(folder), whole)
        converted = convert(Path(folder))
    if converted.int8 < len(whole):
        many = counted(len(whole), "layer")
        rule = f"LCE's converter wrote {converted.int8} of {many} of 8 bits as such, and the rest in floats"
        raise ExportError("", rule, "Choose full precision or bits for these layers, or export to c")
    size_bytes = len(converted.content)
    notes = (_operator_note(converted), _size_note(material, size_bytes))
    told = [opening(graph, "for Larq Compute Engine", material.weights), _RUNNING, *notes, _VERDICTS]
    readme = "\n\n".join([*told, verdict_table(verdicts)]) + "\n"
    return Written({NAME: converted.content, "README.md": readme.encode()}, {"file": size_bytes}, notes)


def _has_int8(material: Material) -> bool:
    return any(isinstance(layer.op, ops.QuantizedOp) and layer.op.is_int8 for layer in material.graph.layers)


def prove_tflite(material: Material, written: Written, images: npt.NDArray[np.float32]) -> Proof:
    """Run by LCE's interpreter, beside the Keras model; with layers of 8 bits, whose scales Keras finds anew in every
    batch, beside the engine."""
    from bnn_designer.measuring.checkpoint import outputs_of

    found = run(written.files[NAME], images)
    if _has_int8(material):
        with Engine(material.packed) as engine:
            return compared(found, engine.run(images), "Larq Compute Engine", "the engine")
    return compared(found, outputs_of(material.model, images), "Larq Compute Engine", "the Keras model")


def _operator_note(converted: Converted) -> str:
    operators = converted.operators
    binary = sum(operators.get(kind, 0) for kind in BINARY_OPERATORS)
    listed = ", ".join(f"{kind} {count}" for kind, count in operators.items())
    of_bytes = f" and {converted.int8} of 8 bits," if converted.int8 else ""
    wrote = f"LCE {converted.version} wrote {counted(binary, 'binary operator')}{of_bytes}"
    return f"{wrote} of {sum(operators.values())}: {listed}."


def _size_note(material: Material, size_bytes: int) -> str:
    deployed = cost(material.design).deployed
    if not isinstance(deployed, DeployedCost):
        return "Its size was not predicted."
    apart = size_bytes / deployed.file_bytes - 1
    return f"Predicted were {deployed.file_bytes:,} bytes; the file has {size_bytes:,}, {apart:+.2%}."


_RUNNING = """\
| file | what is in it |
|---|---|
| `network.tflite` | the network as LCE's converter writes it, for one image at a time |

```sh
python3.11 -m venv lce && lce/bin/pip install larq-compute-engine==0.16.0 tensorflow==2.15.1 larq==0.14.0 "numpy<2"
```

```python
from pathlib import Path

from larq_compute_engine.tflite.python.interpreter import Interpreter

interpreter = Interpreter(Path("network.tflite").read_bytes(), use_indirect_bgemm=True)
scores = interpreter.predict(images)  # float32 [n, height, width, channels]
```

TensorFlow Lite alone does not run it: its binary operators are LCE's. On a phone or a single-board computer it runs in
a program with LCE's runtime in it, which LCE's documentation says how to build."""
_VERDICTS = "## What runs in bits"
