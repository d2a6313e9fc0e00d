"""Code in processes that decide anew which instruction set runs, after one import of TensorFlow for all of them.

The ops read BNN_KERNELS when they are loaded, once a process. TensorFlow takes seconds to import, and then has neither
started its pools nor loaded our ops; so a process that has only imported it is forked for each setting.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
END = "\0"

FORK = f"""
import json, os, sys
import tensorflow
code, settings = json.load(sys.stdin)
for setting in settings:
    child = os.fork()
    if child == 0:
        os.environ.update(setting)
        exec(compile(code, "forked", "exec"), {{}})
        sys.stdout.flush()
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        sys.exit(f"it failed with {{setting}}")
    print(end={END!r}, flush=True)
"""


def outputs(code: str, settings: Sequence[Mapping[str, str]]) -> list[str]:
    """What `code` prints with each of these settings of the environment.

    Raises:
        AssertionError: a process failed; the message has its traceback.
    """
    result = subprocess.run(
        [sys.executable, "-c", FORK],
        input=json.dumps([code, [dict(one) for one in settings]]),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split(END)[:-1]
