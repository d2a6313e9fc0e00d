"""The targets ``onnx``, for ONNX Runtime and all that read plain ONNX, and ``qonnx``, for tools of FPGAs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

import bnn_designer
from bnn_designer.export.c.constants import printable
from bnn_designer.export.material import Material
from bnn_designer.export.nodes.node import Nodes
from bnn_designer.export.nodes.of_groups import nodes_of
from bnn_designer.export.onnx.layers import onnx_model
from bnn_designer.export.proof import Proof, compared
from bnn_designer.export.receiver import Receiver
from bnn_designer.export.written import Written
from bnn_designer.inference import Engine
from bnn_designer.targets import Verdict

MODEL = "network.onnx"
_VARIABLE = "BNN_ONNX_PYTHON"
_PACKAGES = "onnx==1.23.2 onnxruntime==1.32.0 qonnx==1.0.0"
ONNX_RUNTIME = Receiver("ONNX Runtime", ("onnx", "onnxruntime"), _VARIABLE, _PACKAGES, "onnx_run.py")
QONNX = Receiver("qonnx", ("qonnx",), _VARIABLE, _PACKAGES, "qonnx_run.py")


def write_onnx(material: Material, verdicts: Mapping[str, Verdict]) -> Written:
    """The model in ONNX's own operators, with a README."""
    nodes = nodes_of(material.packed)
    return _written(nodes, material.weights, qonnx=False, notes=(_IN_FLOATS,))


def write_qonnx(material: Material, verdicts: Mapping[str, Verdict]) -> Written:
    """The model in QONNX, with a README."""
    nodes = nodes_of(material.packed)
    notes = []
    padded = [printable(node.path) for node in nodes.nodes if node.kind == "binary_conv" and node.window.is_padded]
    if padded:
        notes.append(
            "FINN has no padding of signs, as one bit has no zero, and refuses these; qonnx takes them: "
            f"{', '.join(dict.fromkeys(padded))}."
        )
    return _written(nodes, material.weights, qonnx=True, notes=tuple(notes))


def prove_onnx(material: Material, written: Written, images: npt.NDArray[np.float32]) -> Proof:
    """Checked by ONNX and run by ONNX Runtime, beside the Keras model; of a packed file, beside the engine."""
    found, said = ONNX_RUNTIME.run({MODEL: written.files[MODEL]}, MODEL, images)
    wanted, beside = _wanted(material, images)
    return compared(found, wanted, f"ONNX Runtime {said['version']}", beside)


def prove_qonnx(material: Material, written: Written, images: npt.NDArray[np.float32]) -> Proof:
    """Run by qonnx's executor, beside the same."""
    found, said = QONNX.run({MODEL: written.files[MODEL]}, MODEL, images)
    macs = "; ".join(
        f"{int(count):,} MACs of {kinds.replace('_', ' with ')}" for kinds, count in sorted(said["macs"].items())
    )
    wanted, beside = _wanted(material, images)
    return compared(found, wanted, f"qonnx {said['version']}, which counts {macs}", beside)


def _wanted(material: Material, images: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], str]:
    if material.has_model:
        scores = np.asarray(material.model.predict(images, batch_size=100, verbose=0), np.float32)
        return scores.reshape(len(images), -1), "the Keras model"
    with Engine(material.packed) as engine:
        return engine.run(images), "the engine"


def _written(nodes: Nodes, weights: str, qonnx: bool, notes: tuple[str, ...]) -> Written:
    height, width, channels = nodes.image
    readme = (_QONNX_README if qonnx else _ONNX_README).format(
        name=printable(nodes.name) or "network",
        version=bnn_designer.__version__,
        from_where=f"Its weights are from {printable(weights)}." if weights else "It is **untrained**.",
        shape=f"1, {channels}, {height}, {width}" if qonnx else f"n, {height}, {width}, {channels}",
        notes="\n".join(f"- {note}" for note in notes),
    )
    return Written({MODEL: onnx_model(nodes, qonnx), "README.md": readme.rstrip().encode() + b"\n"}, notes=notes)


_IN_FLOATS = (
    "ONNX has no operator for products of signs: they run as floats of -1 and +1. Filters of signs take a byte each in "
    "the file."
)

_ONNX_README = """\
# {name} in ONNX

Made by BNN Designer {version}. {from_where}

```python
import onnxruntime  # pip install onnxruntime

session = onnxruntime.InferenceSession("network.onnx")
(scores,) = session.run(None, {{"image": images}})  # float32 [{shape}], scaled as in training: byte / 127.5 - 1
```

{notes}
"""

_QONNX_README = """\
# {name} in QONNX

Made by BNN Designer {version}. {from_where}

```python
from qonnx.core.modelwrapper import ModelWrapper  # pip install qonnx
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.infer_shapes import InferShapes

model = ModelWrapper("network.onnx").transform(InferShapes())
scores = execute_onnx(model, {{"image": image}})["scores"]  # float32 [{shape}], scaled: byte / 127.5 - 1
```

Channels come first. Signs, of values and of filters, are BipolarQuant with a scale of 1 (zero is +1); sums that are
compared with a threshold have a whole number added before, by a BatchNormalization of mean 0 and variance 1. Dense
layers are Flatten and MatMul. hls4ml takes it behind qonnx's ConvertToChannelsLastAndClean.

{notes}
"""
