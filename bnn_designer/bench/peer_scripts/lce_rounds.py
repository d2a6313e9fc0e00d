"""Runs a converted network with Larq Compute Engine, one round on request. Run by a Python that has it.

    lce_rounds.py NETWORK.tflite IMAGES.npy '{"indirect": {"use_indirect_bgemm": true, "num_threads": 1}}'

Prints a JSON object first: the version, and for each mode what it makes of the images; then for each line of standard
input, the name of a mode, the milliseconds that one image took in it. Ends with its input.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
import time
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
from larq_compute_engine.tflite.python.interpreter import Interpreter


def main(network: str, images_path: str, modes: str) -> None:
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print too
    content, images = Path(network).read_bytes(), np.load(images_path)
    # The object inside: what is around it makes lists and concatenates, which is not LCE's work.
    inner = {name: Interpreter(content, **options).interpreter for name, options in json.loads(modes).items()}

    def say(value: object) -> None:
        out.write(json.dumps(value) + "\n")
        out.flush()

    outputs = {
        name: [one.predict([image[None]])[0].ravel().tolist() for image in images] for name, one in inner.items()
    }
    say({"version": importlib.metadata.version("larq-compute-engine"), "outputs": outputs})
    first = images[:1].copy()
    for line in sys.stdin:
        run = inner[line.strip()].predict
        start = time.perf_counter()
        run([first])
        say(1e3 * (time.perf_counter() - start))


if __name__ == "__main__":
    main(*sys.argv[1:])
