"""Checks an ONNX model and runs it with ONNX Runtime on images. Run by a Python that has both.

    onnx_run.py MODEL.onnx IMAGES.npy SCORES.npy

IMAGES.npy is [n, height, width, channels]; SCORES.npy becomes [n, scores]. Prints {"version": ONNX Runtime's}.
"""

from __future__ import annotations

import json
import sys

import numpy as np
import onnx
import onnxruntime

#: Images at a time.
BATCH = 100


def main(path: str, images: str, scores: str) -> None:
    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    given = np.load(images)
    found = [session.run(None, {"image": given[at : at + BATCH]})[0] for at in range(0, len(given), BATCH)]
    np.save(scores, np.concatenate(found))
    print(json.dumps({"version": onnxruntime.__version__}))


if __name__ == "__main__":
    main(*sys.argv[1:])
