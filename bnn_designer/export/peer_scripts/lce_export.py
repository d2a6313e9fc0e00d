"""Converts and runs with Larq Compute Engine. Run by a Python that has it; it knows nothing of this project.

lce_export.py convert SAVED_MODEL NETWORK.tflite   prints {"version": ..., "operators": {kind: how many}, "int8": n}
lce_export.py run NETWORK.tflite IMAGES.npy SCORES.npy
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import sys
from collections import Counter
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np


def convert(saved_model: str, network: str) -> None:
    import larq_compute_engine

    with contextlib.redirect_stdout(sys.stderr):
        content = larq_compute_engine.convert_saved_model(saved_model)
    Path(network).write_bytes(content)
    version = importlib.metadata.version("larq-compute-engine")
    json.dump({"version": version, "operators": operators(content), "int8": int8_products(content)}, sys.stdout)


def operators(content: bytes) -> dict[str, int]:
    """How many of each kind the file has; LCE's own are custom ones, with a name."""
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.Model.GetRootAs(content, 0)
    builtins = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}
    found = Counter()
    for index in range(model.Subgraphs(0).OperatorsLength()):
        code = model.OperatorCodes(model.Subgraphs(0).Operators(index).OpcodeIndex())
        found[code.CustomCode().decode() if code.CustomCode() else builtins[code.BuiltinCode()]] += 1
    return dict(sorted(found.items()))


def int8_products(content: bytes) -> int:
    """How many operators multiply whole numbers of 8 bits: their second input is weights of that type."""
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.Model.GetRootAs(content, 0)
    graph = model.Subgraphs(0)
    products = (schema.BuiltinOperator.CONV_2D, schema.BuiltinOperator.FULLY_CONNECTED)
    found = 0
    for index in range(graph.OperatorsLength()):
        operator = graph.Operators(index)
        kind = model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode()
        if kind in products and graph.Tensors(operator.Inputs(1)).Type() == schema.TensorType.INT8:
            found += 1
    return found


def run(network: str, images: str, scores: str) -> None:
    from larq_compute_engine.tflite.python.interpreter import Interpreter

    # The object inside: what is around it shows a bar of progress. Its indirect kernel is the fast one on x86.
    interpreter = Interpreter(Path(network).read_bytes(), use_indirect_bgemm=True).interpreter
    np.save(scores, np.stack([interpreter.predict([image[None]])[0].ravel() for image in np.load(images)]))


if __name__ == "__main__":
    {"convert": convert, "run": run}[sys.argv[1]](*sys.argv[2:])
