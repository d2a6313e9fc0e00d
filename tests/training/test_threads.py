"""The last digits follow from the number of threads, and not from that of the processors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bnn_designer.training.amounts import threads_wanted
from bnn_designer.training.failures import TrainingError

# One convolution in float, wide enough that TensorFlow splits its gradient among threads.
SCRIPT = """
import os, sys
threads, processors, data = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:processors])
from pathlib import Path
from bnn_designer.design import Design
from bnn_designer.design.blocks import Conv, GlobalPool, Head
from bnn_designer.training.data import load
from bnn_designer.training.loop import train
from bnn_designer.training.recipe import Recipe
from bnn_designer.training.threads import pin_threads, threads_in_use
pin_threads(threads)
assert threads_in_use() == threads
design = Design(name="wide", blocks=(Conv(filters=32), Conv(filters=32), GlobalPool(), Head()))
recipe = Recipe(epochs=1, subset=150, batch_size=50, validation_subset=50, engine="float")
result = train(design, recipe, load(Path(data)), on_event=lambda _: None, should_cancel=lambda: False)
print(b"".join(variable.value.numpy().tobytes() for variable in result.model.variables).hex())
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system lends all processors or none")
def test_two_threads_on_one_processor_compute_what_they_do_on_two(synthetic_data: Path) -> None:
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("there is one processor only")

    def start(threads: int, processors: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", SCRIPT, str(threads), str(processors), str(synthetic_data)]
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "TF_CPP_MIN_LOG_LEVEL": "3"}
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)

    processes = [start(2, 2), start(2, 1), start(1, 2)]
    both, one, single = (process.communicate(timeout=300)[0] for process in processes)
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert one == both
    # else the test would show nothing
    assert single != both


def test_the_number_of_threads_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_THREADS", "3")
    assert threads_wanted() == 3
    monkeypatch.delenv("BNN_THREADS")
    assert threads_wanted() == len(os.sched_getaffinity(0))
    for wrong in ("0", "two", "-1"):
        monkeypatch.setenv("BNN_THREADS", wrong)
        with pytest.raises(TrainingError, match=f"BNN_THREADS: '{wrong}' is not a whole number"):
            threads_wanted()
