"""Why a run cannot go on: the kinds of failure, and which of them an error is. Pages read it too: no TensorFlow."""

from __future__ import annotations

import errno
from typing import ClassVar, Literal, get_args

from bnn_designer.errors import BnnDesignerError, DesignError
from bnn_designer.training.data.images import DataError
from bnn_designer.training.recipe_errors import RecipeError

Failure = Literal[
    "diverged",
    "disk_full",
    "out_of_memory",
    "no_data",
    "no_teacher",
    "corrupt_checkpoint",
    "folder_gone",
    "refused",
    "unexpected",
]
FAILURES: tuple[Failure, ...] = get_args(Failure)

#: What a person reads beside the reason: the failure in a word or two, and what can be done with the run.
WAY_OUT: dict[Failure, str] = {
    "diverged": "The last good state is kept. It would diverge at the same step again: start a new run with a lower "
    "learning rate on the Train page, or clone this one (bnn-designer runs clone ID --set learning_rate=RATE; with "
    "--set start_from=ID, too, it begins with the weights of the last finished epoch).",
    "disk_full": "Free some space, then resume: it goes on from its last checkpoint.",
    "out_of_memory": "Clone it with a smaller batch, or close what else needs memory and resume.",
    "no_data": "Mend what the message names, then resume.",
    "no_teacher": "Retry its teacher, and this run waits for it again (bnn-designer runs retry with the teacher's id); "
    "or train it without one (bnn-designer runs retry ID --without-teacher).",
    "corrupt_checkpoint": "Retry starts it again from the beginning; nothing else of it is read.",
    "folder_gone": "Put its folder back, then resume; or retry, which starts it again from the beginning.",
    "refused": "Change what the message names, in a new run.",
    "unexpected": "Resume goes on from the last checkpoint; if it ends the same way again, the log says where.",
}

#: What ends the same way, however often a run goes on from its last state.
SAME_AGAIN: tuple[Failure, ...] = ("diverged", "corrupt_checkpoint")

# An SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
_DISK_FULL_IN_POSTGRESQL = "53100"


class TrainingError(BnnDesignerError):
    """Training cannot go on."""

    failure: ClassVar[Failure] = "unexpected"


class Diverged(TrainingError):  # noqa: N818 - the field's word for it
    """The loss, or a weight, is not a finite number any more."""

    failure = "diverged"


class OutOfMemory(TrainingError):  # noqa: N818 - what everybody calls it
    """There is not as much memory as the run needs."""

    failure = "out_of_memory"


class CheckpointError(TrainingError):
    """A checkpoint that is damaged, or of another run."""

    failure = "corrupt_checkpoint"


class CheckpointNotWritten(TrainingError):  # noqa: N818 - the folder or the disk is at fault, not the checkpoint
    """The checkpoint cannot be written; the ones before it are as they were."""

    failure = "disk_full"


class FolderGone(TrainingError):  # noqa: N818 - what has happened to the folder
    """The run's folder was deleted or moved away under it."""

    failure = "folder_gone"


def failure_of(error: BaseException) -> Failure:
    """The kind of an error that ended a run."""
    if isinstance(error, TrainingError):
        return error.failure
    if isinstance(error, DataError):
        return "no_data"
    if isinstance(error, DesignError | RecipeError):
        return "refused"
    # TensorFlow's own word for it; its class is not imported here. Linux kills a process rather than refuse it memory,
    # so that this is what a limit (ulimit, a control group of some kinds) looks like.
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return "out_of_memory"
    if is_disk_full(error):
        return "disk_full"
    return "unexpected"


def is_disk_full(error: BaseException | None) -> bool:
    """Whether an error, or what it came from, says that no more can be written: of the system or of a database."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if "database or disk is full" in str(error) or getattr(error, "sqlstate", None) == _DISK_FULL_IN_POSTGRESQL:
            return True
        error = error.__cause__ or error.__context__
    return False
