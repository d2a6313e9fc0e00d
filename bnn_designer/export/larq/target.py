"""The target ``larq``: a program of Larq 0.14 with its weights, the ``.h5`` that Larq saves of it, and its proof.

Larq needs Keras 2, so it runs in a Python of its own that ``BNN_LARQ_PYTHON`` names, as for the tests.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bnn_designer.called import OTHER_PYTHON, output_of
from bnn_designer.errors import BnnDesignerError
from bnn_designer.export.arrays import Arrays, latent_arrays, npz
from bnn_designer.export.material import Material
from bnn_designer.export.programs import folder_of
from bnn_designer.export.proof import Proof, compared
from bnn_designer.export.words import opening, verdict_table
from bnn_designer.export.written import Written
from bnn_designer.graph import ops
from bnn_designer.targets import Verdict
from bnn_designer.units import sentence

VARIABLE = "BNN_LARQ_PYTHON"
_PROGRAM, _WEIGHTS, _SCRIPT, _H5 = "network.py", "network.npz", "make_h5.py", "network.h5"


def write_larq(material: Material, verdicts: Mapping[str, Verdict]) -> Written:
    """The program, its latent weights, the script that makes the ``.h5``, and that file where Larq is to be had.

    Raises:
        ExportError: there is no Keras model.
        NotInLarq: Larq has no such layers or quantizers; names each.
        BnnDesignerError: the Python that ``BNN_LARQ_PYTHON`` names fails.
    """
    from bnn_designer.larq.program import program

    text = [opening(material.graph, "for Larq", material.weights), _FILES, verdict_table(verdicts)]
    files = {
        _PROGRAM: program(material.design, for_larq=True, weights=_WEIGHTS).encode(),
        _WEIGHTS: npz(_arrays(material)),
        _SCRIPT: _MAKE_H5.encode(),
        "README.md": ("\n\n".join(text) + "\n").encode(),
    }
    python = os.environ.get(VARIABLE)
    if not python:
        return Written(files, notes=(f"{_H5} is not among them, as {VARIABLE} is not set: {_SETUP}",))
    with folder_of(files) as folder:
        _run(python, folder, _SCRIPT)
        return Written(files | {_H5: (folder / _H5).read_bytes()})


def prove_larq(material: Material, written: Written, images: npt.NDArray[np.float32]) -> Proof:
    """The ``.h5`` loaded by Larq: its totals, and its scores beside the model's.

    Raises:
        BnnDesignerError: Larq is not to be had, so that there is no such file; or Larq counts other totals than we.
    """
    from bnn_designer.larq.models import ModelProfile
    from bnn_designer.measuring.checkpoint import outputs_of

    python = find_python()
    with folder_of(written.files) as folder:
        np.save(folder / "images.npy", images)
        said = json.loads(_run(python, folder, "-c", _COMPUTE).splitlines()[-1])
        scores = np.load(folder / "scores.npy").reshape(len(images), -1)
    for (what, figure), (_, counted) in zip(
        said["summary"], ModelProfile(material.model).generate_summary(), strict=True
    ):
        if figure != counted:
            raise BnnDesignerError(f"{what}: Larq counts {figure}, and BNN Designer {counted}. Report this as a fault.")
    return compared(scores, outputs_of(material.model, images), f"Larq {said['larq']}", "the Keras model")


def find_python() -> str:
    """The Python that has Larq. Raises BnnDesignerError where none is named; how to get one."""
    python = os.environ.get(VARIABLE)
    if not python:
        raise BnnDesignerError(f"Larq: {VARIABLE} is not set. {sentence(_SETUP)}")
    return python


def _arrays(material: Material) -> Arrays:
    """The latent weights, as Keras 2 calls them."""
    depthwise = {one.name for one in material.graph.layers if isinstance(one.op, ops.DepthwiseConv2D)}
    return {
        f"{layer}/depthwise_kernel" if layer in depthwise and weight == "kernel" else f"{layer}/{weight}": values
        for (layer, weight), values in (
            (name.split("/"), values) for name, values in latent_arrays(material.graph, material.model).items()
        )
    }


def _run(python: str, folder: Path, *arguments: str) -> str:
    # What is on the path of this Python is for its libraries.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    quiet = environment | {"TF_CPP_MIN_LOG_LEVEL": "2"}
    return output_of([python, *arguments], OTHER_PYTHON, folder=folder, environment=quiet)


_SETUP = (
    "run python3.11 -m venv larq && larq/bin/pip install larq==0.14.0 tensorflow-cpu==2.15.1 'numpy<2', then set "
    f"{VARIABLE}=$PWD/larq/bin/python, or run make_h5.py there."
)

_MAKE_H5 = '''\
"""Writes network.h5: the whole network, layers and weights, as Larq saves it. Needs Larq 0.14 on TensorFlow 2.15."""

import json
from pathlib import Path

import h5py
import larq as lq
import network

FILE = Path(__file__).with_name("network.h5")


def name_activations() -> None:
    """Keras from 2.13 on writes functions of Larq's in a form that it does not read; before, it wrote their names."""
    with h5py.File(FILE, "r+") as file:
        model = json.loads(file.attrs["model_config"])
        for layer in model["config"]["layers"]:
            activation = layer["config"].get("activation")
            if isinstance(activation, dict):
                layer["config"]["activation"] = activation["config"]
        file.attrs["model_config"] = json.dumps(model).encode()


if __name__ == "__main__":
    model = network.load_weights(network.build())
    lq.models.summary(model)
    model.save(FILE, include_optimizer=False)
    name_activations()
'''

_COMPUTE = """\
import json
import larq
import numpy as np
from tensorflow import keras

model = keras.models.load_model("network.h5", compile=False)
images = np.load("images.npy")
batches = [images[first : first + 250] for first in range(0, len(images), 250)]
np.save("scores.npy", np.concatenate([np.asarray(model(batch, training=False)) for batch in batches]))
summary = larq.models.ModelProfile(model).generate_summary()
print(json.dumps({"larq": larq.__version__, "summary": summary}, default=float))
"""

_FILES = """\
| file | what is in it |
|---|---|
| `network.py` | the network in Larq's names, on Keras 2 |
| `network.npz` | its weights as they are trained, in float |
| `make_h5.py` | makes `network.h5` where Larq runs |
| `network.h5` | layers and weights in one file for ST Edge AI Core and others; there if Larq ran at the export |

```sh
python3.11 -m venv larq && larq/bin/pip install larq==0.14.0 tensorflow-cpu==2.15.1 "numpy<2"
larq/bin/python network.py                           # Larq's own table of the network
larq/bin/python network.py images.npy scores.npy     # scores of images, an array [n, height, width, channels]
larq/bin/python make_h5.py
```

Kernels are in float, and their quantizers are among the layers, as Larq keeps them; with
`larq.context.quantized_scope(True)` around `model.save` they are written as -1 and +1.

## What ST Edge AI Core 3.0 runs in bits"""
