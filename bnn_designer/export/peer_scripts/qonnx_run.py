"""Runs a QONNX model on images with qonnx's executor, operator by operator. Run by a Python that has qonnx.

    qonnx_run.py MODEL.onnx IMAGES.npy SCORES.npy

IMAGES.npy is [n, height, width, channels]; SCORES.npy becomes [n, scores]. Prints a JSON object: "version", and "macs",
what qonnx's inference_cost counts by the types of what is multiplied.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys

import numpy as np
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.infer_datatypes import InferDataTypes
from qonnx.transformation.infer_shapes import InferShapes
from qonnx.util.inference_cost import inference_cost


def main(path: str, images: str, scores: str) -> None:
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print too
    model = ModelWrapper(path).transform(InferShapes()).transform(InferDataTypes())
    name = model.graph.output[0].name
    given = np.ascontiguousarray(np.load(images).transpose(0, 3, 1, 2))
    found = [execute_onnx(model, {"image": image[None]})[name][0] for image in given]
    np.save(scores, np.stack(found))
    cost = inference_cost(path, discount_sparsity=False)
    cost = cost.get("total_cost", cost)
    macs = {key.removeprefix("op_mac_"): count for key, count in cost.items() if key.startswith("op_mac_")}
    out.write(json.dumps({"version": importlib.metadata.version("qonnx"), "macs": macs}))
    out.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
