"""The training loop, one step a call, and the memory of a step."""

from __future__ import annotations

from contextlib import closing

import pytest

from bnn_designer.bench.input_share import measured
from bnn_designer.bench.request import BenchError
from bnn_designer.bench.step_memory import status_mib
from bnn_designer.bench.stepped import SteppedRun, noise_images, run_steps
from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, GlobalPool, Head
from bnn_designer.design.presets import preset
from bnn_designer.training.recipe import Recipe

RECIPE = Recipe(batch_size=4, engine="xnor")


def small() -> Design:
    body = tuple(BinaryConv(filters=32, batch_norm=BatchNormOptions()) for _ in range(2))
    return Design(blocks=(*body, GlobalPool(), Head()))


def test_the_input_part_is_timed_in_turn_with_the_step() -> None:
    of_step, of_input = measured("bi-real-cifar", batch_size=2, steps=2)
    assert len(of_step) == len(of_input) == 2
    assert min(of_step + of_input) > 0


def test_two_runs_take_turns_step_by_step() -> None:
    data = noise_images(4 * 6)
    with closing(SteppedRun(small(), RECIPE, data)) as one, closing(SteppedRun(small(), RECIPE, data)) as other:
        for _ in range(3):
            assert one.step_ms() > 0
            assert other.step_ms() > 0
        assert one.engine == other.engine == "xnor"
    assert not one._thread.is_alive()


def test_a_design_that_cannot_be_trained_is_an_error_here() -> None:
    with pytest.raises(BenchError, match="CIFAR-10 images are 32 x 32 x 3"):
        SteppedRun(preset("quicknet"), RECIPE, noise_images(8))


def test_steps_in_this_thread_are_counted_from_zero_until_told_to_stop() -> None:
    seen: list[int] = []

    def before_step(step: int) -> bool:
        seen.append(step)
        return step == 2

    run_steps(small(), RECIPE, noise_images(4 * 6), before_step)
    assert seen == [0, 1, 2]


def test_the_status_file_is_read_in_mib() -> None:
    status = "Name:\tpython\nVmHWM:\t  524288 kB\nVmRSS:\t    2048 kB\n"
    assert status_mib("VmHWM", status) == 524288 / 1024
    assert status_mib("VmRSS", status) == 2
    with pytest.raises(KeyError):
        status_mib("VmSwap", status)
