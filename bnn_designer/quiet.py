"""TensorFlow without its greeting."""

from __future__ import annotations

import os
import sys
import tempfile


def import_tensorflow_quietly() -> None:
    """Imports TensorFlow with what it writes to standard error kept back, and shown only if the import fails.

    TensorFlow 2.21 logs four lines about oneDNN and CUDA from C++ while it loads, before ``TF_CPP_MIN_LOG_LEVEL`` is
    heard, so the file descriptor itself has to point elsewhere for that moment. Later messages are the user's.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    with tempfile.TemporaryFile() as kept_back:
        standard_error = os.dup(2)
        os.dup2(kept_back.fileno(), 2)
        try:
            import tensorflow as tf

            tf.config.list_physical_devices()  # where there is no GPU, CUDA complains at the first question
        except BaseException:
            kept_back.seek(0)
            os.write(standard_error, kept_back.read())
            raise
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)
