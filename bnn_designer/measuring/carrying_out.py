"""How a worker carries out its job: every end but a kill is written into the job's state."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Callable

from bnn_designer.errors import BnnDesignerError
from bnn_designer.measuring.job import CANCELLED, Job, JobState
from bnn_designer.processes import hearing

#: Told what is done now, as a sentence, and which share of the whole is.
Say = Callable[[str, float], None]
#: Work returns what should be known of how it went, or "".
Work = Callable[[Say], str]


class _Cancelled(BaseException):
    """Somebody asked this process to end. No error, so that nobody but :func:`carry_out` catches it."""


def _end(number: int, frame: object) -> None:
    """The first SIGTERM is raised where the process is, so that temporary folders are removed."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Cancelled


def carry_out(job: Job, work: Work) -> int:
    """Does the work of a job and reports how far it is; the exit status is 0 if it is done."""
    from bnn_designer.packing import PackError

    try:
        with hearing(signal.SIGTERM, _end):
            remark = work(lambda step, share: job.write(JobState(state="running", step=step, share=share)))
        job.write(JobState(state="done", share=1.0, reason=remark))
        return 0
    except _Cancelled:
        print("Cancelled.")
        job.write(CANCELLED)
        return 1
    except PackError as error:
        end = JobState(state="not packable", where=error.path, reason=error.rule, mend=error.mend)
    except BnnDesignerError as error:
        end = JobState(state="failed", reason=str(error))
    except Exception as error:
        traceback.print_exc()
        end = JobState(state="failed", reason=f"{type(error).__name__}: {error}", mend="See the end of the log")
    print(end.reason)
    job.write(end)
    return 1
