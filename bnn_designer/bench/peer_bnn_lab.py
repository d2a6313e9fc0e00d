"""bnn-lab 1.0.0 (PyPI): its compiled kernel, called straight from its wheel, so that PyTorch is not needed.

Its library picks the best of its instruction sets by itself; BNN_KERNEL (its own variable) would force one.
"""

from __future__ import annotations

import ctypes
import os

from bnn_designer.bench.peer_process import LONGEST_ASKING_S
from bnn_designer.bench.rows import Missing
from bnn_designer.called import OTHER_PYTHON, CallError, output_of

VARIABLE = "BNN_BNNLAB_PYTHON"
VERSION = "1.0.0"
NAME = f"bnn-lab {VERSION}"

# Asked of the other Python: where the distribution's files are. Importing it would need PyTorch.
_QUESTION = """
import importlib.metadata as metadata
lab = metadata.distribution("bnn-lab")
libraries = [lab.locate_file(file) for file in lab.files if "_binary_gemm_native" in file.name and file.suffix == ".so"]
print(lab.version, libraries[0])
"""

_SETUP = (
    "python3.11 -m venv lab && lab/bin/pip install --no-deps bnn-lab==1.0.0 (Linux x86-64 or aarch64), "
    f"then set {VARIABLE}=$PWD/lab/bin/python."
)


def find_library() -> ctypes.CDLL | Missing:
    """The library with ``binary_gemm_u64``, set to one thread; or why it is not there, and how to get it."""
    python = os.environ.get(VARIABLE)
    if not python:
        return Missing(NAME, f"{VARIABLE} is not set. {_SETUP}")
    try:
        answer = output_of([python, "-c", _QUESTION], OTHER_PYTHON, longest_s=LONGEST_ASKING_S)
        version, path = answer.strip().split(" ", 1)
        library = ctypes.CDLL(path)
    except (OSError, CallError, ValueError) as error:
        reason = (getattr(error, "said", None) or str(error)).strip().splitlines()
        return Missing(
            NAME, f"{VARIABLE}={python} has no bnn-lab that loads ({reason[-1] if reason else error}). {_SETUP}"
        )
    if version != VERSION:
        return Missing(NAME, f"{VARIABLE}={python} has bnn-lab {version}. {_SETUP}")
    library.binary_gemm_set_num_threads(1)
    return library
