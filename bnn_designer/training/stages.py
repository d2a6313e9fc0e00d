"""Two-stage training: binary inputs with float kernels first, then, from these weights, binary kernels too.

As Real-to-Binary (2003.11535, section 4.3) and ReActNet (2003.03488, section 5.1) do. The second stage begins as a run
of its own would that starts from the first one's weights: with the whole schedule, and an optimizer that knows nothing.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from bnn_designer.training.recipe import Recipe


class Stages:
    """Which stage a run is in. All that it remembers, the steps done, is in a variable added to the optimizer's.

    Args:
        recipe: of the run.
        optimizer: built, and nothing else added to it; its state starts anew with the second stage.
        steps_per_epoch: of the run.
    """

    def __init__(self, recipe: Recipe, optimizer: keras.optimizers.Optimizer, steps_per_epoch: int) -> None:
        self._first_steps = recipe.first_stage_epochs * steps_per_epoch
        self._optimizer_state = list(optimizer.variables)
        self._done = optimizer.add_variable((), dtype="int64", name="steps_done") if self._first_steps else None

    @property
    def float_kernels(self) -> bool:
        """Whether the last step that was done is one of the first stage; before any: whether there is one."""
        return self._done is not None and int(self._done) <= self._first_steps

    def begin(self, step: int) -> bool:
        """To be called before a step, by its number in the run; returns whether kernels are floats in it."""
        if self._done is None:
            return False
        if step == self._first_steps:
            for variable in self._optimizer_state:
                variable.assign(tf.zeros_like(variable.value))
        self._done.assign(step + 1)
        return step < self._first_steps
