"""How many threads TensorFlow splits its sums among: the last digits of a run follow from it (docs/training.md).

How many a new run takes is :func:`bnn_designer.training.amounts.threads_wanted`.
"""

from __future__ import annotations

import tensorflow as tf

from bnn_designer.training.amounts import processors


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
    return processors()
