"""What a converted file holds, as this project's program, so that its memory can be planned by the same planner."""

from __future__ import annotations

import math
from typing import Any

from bnn_designer.graph.passes import Operator, Program, Value


def program_of(converted: dict[str, Any]) -> Program:
    """The operators of the converted file with the working memory that its float convolutions ask for."""
    tensors = converted["tensors"]

    def value(index: int) -> Value:
        shape = tuple(tensors[index]["shape"][1:]) or (1,)
        packed = tensors[index]["type"] == "INT32"
        return Value(f"t{index}", (*shape[:-1], shape[-1] * 32) if packed else shape, bits=1 if packed else 32)

    operators = []
    for entry in converted["operators"]:
        output, im2col = value(entry["output"]), None
        if entry["kind"] == "CONV_2D":
            _, height, width, channels = tensors[entry["inputs"][1]]["shape"]
            if not height == width == math.prod(entry["steps"]) == 1:
                im2col = Value(f"{output.name}.im2col", (*output.shape[:2], height * width * channels))
        inputs = tuple(f"t{i}" for i in entry["inputs"] if i >= 0 and not tensors[i]["data_bytes"])
        operators.append(Operator(output.name, entry["kind"], "", "", (), inputs, (), output, im2col=im2col))
    return Program("converted", value(converted["input"]), tuple(operators))
