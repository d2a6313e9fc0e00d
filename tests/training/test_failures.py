"""Which kind of failure an error is."""

from __future__ import annotations

import errno

import pytest

from bnn_designer.errors import BnnDesignerError, DesignError
from bnn_designer.training.data.images import DataError
from bnn_designer.training.failures import (
    FAILURES,
    WAY_OUT,
    CheckpointError,
    CheckpointNotWritten,
    Diverged,
    OutOfMemory,
    failure_of,
)
from bnn_designer.training.recipe_errors import RecipeError


def test_each_kind_has_a_way_out() -> None:
    assert set(WAY_OUT) == set(FAILURES)


def wrapped(error: Exception) -> Exception:
    outer = RuntimeError("while something was written")
    outer.__cause__ = error
    return outer


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (Diverged("x"), "diverged"),
        (OutOfMemory("x"), "out_of_memory"),
        (MemoryError(), "out_of_memory"),
        (CheckpointError("x"), "corrupt_checkpoint"),
        (CheckpointNotWritten("x"), "disk_full"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full"),
        (wrapped(OSError(errno.EDQUOT, "Disk quota exceeded")), "disk_full"),
        (RuntimeError("(sqlite3.OperationalError) database or disk is full"), "disk_full"),
        (DataError("x", "y", "z"), "no_data"),
        (DesignError("x", "y", "z"), "refused"),
        (RecipeError("x"), "refused"),
        (OSError(errno.EACCES, "Permission denied"), "unexpected"),
        (BnnDesignerError("x"), "unexpected"),
        (ZeroDivisionError(), "unexpected"),
    ],
)
def test_the_kind_of_an_error(error: Exception, failure: str) -> None:
    assert failure_of(error) == failure


def test_what_tensorflow_raises_for_want_of_memory() -> None:
    import tensorflow as tf

    assert failure_of(tf.errors.ResourceExhaustedError(None, None, "OOM")) == "out_of_memory"
