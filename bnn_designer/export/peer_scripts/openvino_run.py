"""Runs an OpenVINO model on images with the CPU plugin. Run by a Python that has OpenVINO.

    openvino_run.py MODEL.xml IMAGES.npy SCORES.npy

IMAGES.npy is [n, height, width, channels]; SCORES.npy becomes [n, scores]. Prints a JSON object: "version", how many
layers the plugin runs as BinaryConvolution ("binary"), how many of them read bits ("on_bits"), how many times a
value is brought into another order from the first of them to the last ("reorders"), and how many other convolutions it
runs in which precision ("others").
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter

import numpy as np
import openvino as ov

#: What the plugin makes of a convolution that is not binary.
FLOAT_KINDS = ("Convolution", "FullyConnected")


def said_of(node: ov.Node, what: str) -> str:
    said = node.get_rt_info()[what]
    return str(getattr(said, "value", said))


def kind_of(node: ov.Node) -> str:
    return said_of(node, "layerType")


def facts(model: ov.CompiledModel) -> dict[str, object]:
    """Of the graph that the plugin runs, after all of its own transformations."""
    nodes = model.get_runtime_model().get_ordered_ops()
    kinds = [kind_of(node) for node in nodes]
    places = [place for place, kind in enumerate(kinds) if kind == "BinaryConvolution"]
    on_bits = [place for place in places if nodes[place].input_value(0).get_element_type() == ov.Type.u1]
    between = range(places[0], places[-1]) if places else ()
    # Filters are brought into the plugin's order once, when the model is compiled.
    reorders = [
        place
        for place in between
        if kinds[place] == "Reorder" and kind_of(nodes[place].input_value(0).get_node()) != "Const"
    ]
    others = Counter(said_of(node, "runtimePrecision") for node in nodes if kind_of(node) in FLOAT_KINDS)
    return {"binary": len(places), "on_bits": len(on_bits), "reorders": len(reorders), "others": others}


def main(path: str, images: str, scores: str) -> None:
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print too
    core = ov.Core()
    # Floats stay floats; some processors would take bfloat16.
    model = core.compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    run = model.create_infer_request()
    found = [run.infer({0: image[None]})[model.output(0)][0].copy() for image in np.load(images)]
    np.save(scores, np.stack(found))
    out.write(json.dumps({"version": ov.__version__.partition("-")[0], **facts(model)}))
    out.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
