"""The training loop itself, held before every step until its turn: what is timed is the product's step, no copy of it.

`train` asks whether it should cancel before each step. Here that question waits for the next turn, so that several
runs, each in a thread of its own, take turns in one process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from bnn_designer.bench.request import BenchError
from bnn_designer.design import Design
from bnn_designer.training.data.cifar10 import AUGMENTATION, CLASSES, FACTS, IMAGE_SHAPE
from bnn_designer.training.data.images import Images
from bnn_designer.training.events import Event, Started
from bnn_designer.training.loop import train
from bnn_designer.training.recipe import Recipe


def noise_images(count: int) -> Images:
    """`count` images of noise with random labels; the time of a step does not depend on them. Ten to validate on."""
    rng = np.random.default_rng(0)

    def images(n: int) -> np.ndarray:
        return rng.integers(1, 256, (n, *IMAGE_SHAPE), np.uint8)

    def labels(n: int) -> np.ndarray:
        return rng.integers(0, CLASSES, n).astype(np.uint8)

    return Images(
        facts=FACTS,
        train_images=images(count),
        train_labels=labels(count),
        test_images=images(10),
        test_labels=labels(10),
        class_names=tuple(map(str, range(CLASSES))),
        augmentation=AUGMENTATION,
        note="noise",
    )


class SteppedRun:
    """A run of `train` that does one step a call, until it is closed.

    Args:
        design, recipe: what is trained and how. The epoch must hold all steps that will be asked for.
        data: the images.

    Attributes:
        engine, gradients: what the binary layers run on and how, after the first step.
    """

    def __init__(self, design: Design, recipe: Recipe, data: Images) -> None:
        self.engine: str | None = None
        self.gradients: str | None = None
        self.engine_reason: str | None = None
        self._design, self._recipe, self._data = design, recipe, data
        self._turn, self._done = threading.Semaphore(0), threading.Semaphore(0)
        self._started_s = self._elapsed_s = 0.0
        self._ready = self._stop = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._train, daemon=True)
        self._thread.start()
        self._wait()

    def step_ms(self) -> float:
        """ms of the next step, with all that the loop does for it."""
        self._turn.release()
        self._wait()
        return 1e3 * self._elapsed_s

    def _wait(self) -> None:
        self._done.acquire()
        if self._error is not None:
            raise BenchError(f"{self._design.name}: the training step failed: {self._error}") from self._error

    def _train(self) -> None:
        try:
            train(self._design, self._recipe, self._data, on_event=self._on_event, should_cancel=self._between_steps)
        except BaseException as error:  # shown by whoever waits
            self._error = error
        self._done.release()

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Started):
            self.engine, self.gradients, self.engine_reason = event.engine, event.gradients, event.engine_reason

    def _between_steps(self) -> bool:
        """Called by the loop before a step: the step before it is over."""
        self._elapsed_s = time.perf_counter() - self._started_s
        self._done.release()
        self._turn.acquire()
        self._started_s = time.perf_counter()
        return self._stop

    def close(self) -> None:
        self._stop = True
        self._turn.release()
        self._thread.join()


def run_steps(design: Design, recipe: Recipe, data: Images, before_step: Callable[[int], bool]) -> None:
    """Trains in this thread; `before_step` is called with 0, 1, 2, ... before each step, and ends the run by True."""
    steps = iter(range(len(data.train_images)))
    train(design, recipe, data, on_event=lambda _: None, should_cancel=lambda: before_step(next(steps)))
