"""Compiles binary convolutions with OpenVINO's CPU plugin, one by one. Run by a Python that has it.

Reads a JSON list of ``[kernel, stride, dilation, padding, side]`` and prints one of ``{"compiles": ..., "reads": type
of the input, "implementation": kernel}``.
"""

import json
import sys

import numpy as np
import openvino as ov
from openvino import opset1 as op
from openvino.opset13 import constant

CHANNELS = 32


def compiled(core, kernel, stride, dilation, padding, side):
    image = op.parameter([1, CHANNELS, side, side], np.float32)
    zero, one = constant(np.float32(0)), constant(np.float32(1))
    signs = op.fake_quantize(image, zero, zero, zero, one, levels=2)
    filters = ov.Tensor(ov.Type.u1, ov.Shape([CHANNELS, CHANNELS, kernel, kernel]))
    filters.data.reshape(-1).view(np.uint8)[:] = 0
    reach = dilation * (kernel - 1) + 1
    missing = max((-(-side // stride) - 1) * stride + reach - side, 0) if padding == "same" else 0
    before = missing // 2
    result = op.binary_convolution(
        signs,
        constant(filters),
        [stride] * 2,
        [before] * 2,
        [missing - before] * 2,
        [dilation] * 2,
        "xnor-popcount",
        1.0,
    )
    model = core.compile_model(ov.Model([result], [image]), "CPU")
    model([np.ones((1, CHANNELS, side, side), np.float32)])
    nodes = [
        node
        for node in model.get_runtime_model().get_ops()
        if "onvolution" in node.get_rt_info()["layerType"].astype(str)
    ]
    info = nodes[0].get_rt_info()
    inputs = {str(node.get_output_element_type(0)) for node in (one.get_node() for one in nodes[0].input_values())}
    return {
        "compiles": True,
        "reads": " ".join(sorted(inputs)),
        "implementation": info["primitiveType"].astype(str),
    }


def main():
    core, found = ov.Core(), []
    for geometry in json.load(sys.stdin):
        try:
            found.append(compiled(core, *geometry))
        except RuntimeError as error:
            found.append({"compiles": False, "reads": "", "implementation": "", "error": str(error)[-200:]})
    print(json.dumps(found))


main()
