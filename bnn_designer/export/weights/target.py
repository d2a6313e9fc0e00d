"""The target ``weights``: quantized kernels and float rest as arrays, and their proof by being read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from bnn_designer.errors import BnnDesignerError
from bnn_designer.export.arrays import Arrays, latent_arrays, npz, quantized_arrays
from bnn_designer.export.material import Material
from bnn_designer.export.programs import folder_of
from bnn_designer.export.proof import Proof, compared
from bnn_designer.export.words import opening, weights_table
from bnn_designer.export.written import Written
from bnn_designer.graph import Layer, ops
from bnn_designer.targets import Verdict

_NPZ, _H5 = "network.npz", "network.weights.h5"


def write_weights(material: Material, verdicts: Mapping[str, Verdict]) -> Written:
    """Both files, the design whose model takes them, and a README that names each array.

    Raises:
        ExportError: there is no Keras model.
        PackError: numbers of a kernel are not finite.
    """
    arrays = quantized_arrays(material.graph, material.model)
    text = [opening(material.graph, "as weights", material.weights), _FILES, weights_table(material.graph, arrays)]
    files = {
        _NPZ: npz(arrays),
        _H5: _saved(material.model),
        "design.json": material.design.to_json().encode(),
        "README.md": ("\n\n".join(text) + "\n").encode(),
    }
    return Written(files, notes=_notes(material))


def prove_weights(material: Material, written: Written, images: npt.NDArray[np.float32]) -> Proof:
    """Both files read back, the second into a new model, whose quantizers leave what it read as it is.

    Raises:
        BnnDesignerError: an array is another than what was written, to the bit.
    """
    from bnn_designer.measuring.checkpoint import outputs_of
    from bnn_designer.nn import build_model

    wanted, model = quantized_arrays(material.graph, material.model), build_model(material.graph, engine="float")
    with folder_of(written.files) as folder:
        with np.load(folder / _NPZ) as found:
            _check_equal(_NPZ, dict(found), wanted)
        model.load_weights(folder / _H5)
    _check_equal(_H5, latent_arrays(material.graph, model), wanted)
    for layer in _changed_again(material):
        model.get_layer(layer.name).kernel_quantizer = None
    scores = outputs_of(model, images)
    return compared(scores, outputs_of(material.model, images), f"a new model with {_H5}", "the Keras model")


def _saved(model: Any) -> bytes:
    from bnn_designer.nn import quantized_scope

    with folder_of({}) as folder, quantized_scope(True):
        model.save_weights(folder / _H5)
        return (folder / _H5).read_bytes()


def _check_equal(file: str, found: Arrays, wanted: Arrays) -> None:
    for name, values in wanted.items():
        if name not in found or not np.array_equal(found[name], values):
            raise BnnDesignerError(f"{file}: {name} is not what was written. Export it anew.")


def _changed_again(material: Material) -> list[Layer]:
    """The layers whose kernels are others where they are quantized again, magnitudes in their last digits aside."""
    from bnn_designer.nn.stored_kernels import stored_kernels

    stored = stored_kernels(material.model)
    quantized = [layer for layer in material.graph.layers if isinstance(layer.op, ops.QuantizedOp)]
    return [
        layer
        for layer in quantized
        if not stored[material.model.get_layer(layer.name).kernel.path].reads_back
        and not layer.op.kernel_quantizer.facts.scales  # type: ignore[attr-defined]
    ]


def _notes(material: Material) -> tuple[str, ...]:
    changed = ", ".join(layer.path for layer in _changed_again(material))
    if not changed:
        return ()
    return (f"{changed}: quantizing their kernels again changes them. Multiply with them as they are.",)


_FILES = f"""\
Kernels are as they are multiplied: -1 and +1, or two values a filter where magnitudes scale them, or the steps that
their quantizers give. What has no quantizer stays in float: kernels of such layers, biases, slopes, batch norms.

| file | what is in it |
|---|---|
| `{_NPZ}` | every array under the name of its layer and its own, for NumPy |
| `{_H5}` | the same for Keras: loads into the model that BNN Designer makes of the design |
| `design.json` | that design |

```python
import numpy as np

with np.load("{_NPZ}") as arrays:
    kernels = {{name: arrays[name] for name in arrays if name.endswith("/kernel")}}
```

```python
from pathlib import Path

from bnn_designer.design import load_design
from bnn_designer.graph import lower
from bnn_designer.nn import build_model

model = build_model(lower(load_design(Path("design.json"))))
model.load_weights("{_H5}")
```

Axes are Keras': height, width, channels in, filters; of a depthwise kernel height, width, channels, 1; of a dense one
features, units. Where magnitudes scale signs, multiply with the signs and scale the sums, as the design's model does:
sums of signs are whole numbers, and of scaled ones are rounded, so that one that should be 0 may get another sign."""
