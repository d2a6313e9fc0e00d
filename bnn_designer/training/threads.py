"""How many threads TensorFlow splits its sums among: the last digits of a run follow from it (docs/training.md)."""

from __future__ import annotations

import os

import tensorflow as tf

from bnn_designer.training.failures import TrainingError

THREADS_VARIABLE = "BNN_THREADS"


def threads_wanted() -> int:
    """Threads for a new run: ``BNN_THREADS``, else one for each processor that this process may use.

    Raises:
        TrainingError: the variable is not a whole number of at least 1.
    """
    text = os.environ.get(THREADS_VARIABLE, "").strip()
    if text and (not text.isdecimal() or int(text) < 1):
        raise TrainingError(f"{THREADS_VARIABLE}: {text!r} is not a whole number of at least 1. Set it to one.")
    return int(text) if text else _processors()


def pin_threads(count: int) -> None:
    """Has every operation split among so many threads, whatever processors this machine has or lends.

    Nothing happens where TensorFlow has begun its work in this process: :func:`threads_in_use` tells.
    """
    try:
        tf.config.threading.set_intra_op_parallelism_threads(count)
    except RuntimeError:
        return


def threads_in_use() -> int:
    """Threads that TensorFlow splits an operation among: as set, else one for each processor that it may use."""
    asked: int = tf.config.threading.get_intra_op_parallelism_threads()
    if asked:
        return asked
    return _processors()


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
