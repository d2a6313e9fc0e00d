"""What a run computes, one step at a time: the gradient step of a batch, and the validation.

The order of the steps, what is reported and what is saved is the loop's business (``loop.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnn_designer.nn import latent_kernels
from bnn_designer.training.augment import augment, scale
from bnn_designer.training.data.images import Images
from bnn_designer.training.events import LatentWeights, LayerMeasures
from bnn_designer.training.flips import Flips
from bnn_designer.training.latent import NORM_IMAGES, Figures, has_latent_weights, latent_figures
from bnn_designer.training.measures import Measures
from bnn_designer.training.objective import cross_entropy, objective_for
from bnn_designer.training.optimizers import set_learning_rate
from bnn_designer.training.recipe import Recipe
from bnn_designer.training.stages import Stages

# Images per step of the validation: no gradients are kept, so it may be larger than a training step.
VALIDATION_BATCH = 200


class Steps:
    """The steps of one run; everything random in them follows from the recipe's seed and the number of the step.

    Args:
        model: its weights are changed by :meth:`train`.
        optimizer: built for the model.
        recipe: the hyper-parameters.
        data: the images; the first ``recipe.subset`` of the training set and ``recipe.validation_subset`` of the test
            set are used.
        teacher: the network whose outputs are learned beside the labels; None: the labels alone.

    Attributes:
        train_count, validation_count: images in use.
        batch_size: images of a step; at most all there are.
        data_sha256: of the labels in use, so that other data are told from these.
    """

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        recipe: Recipe,
        data: Images,
        teacher: keras.Model | None = None,
    ) -> None:
        train_images = tf.constant(data.train_images[: recipe.subset])
        train_labels = tf.constant(data.train_labels[: recipe.subset])
        self._val_images = tf.constant(data.test_images[: recipe.validation_subset])
        self._val_labels = tf.constant(data.test_labels[: recipe.validation_subset])
        self._model, self._optimizer, self._recipe = model, optimizer, recipe
        self._train_images = train_images
        self.train_count, self.validation_count = len(train_images), len(self._val_images)
        self.batch_size = batch_size = min(recipe.batch_size, self.train_count)
        labels = (data.train_labels[: recipe.subset], data.test_labels[: recipe.validation_subset])
        self.data_sha256 = hashlib.sha256(b"".join(part.tobytes() for part in labels)).hexdigest()

        objective = objective_for(recipe, teacher)

        def loss_and_hits(probabilities: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            """Sums over the batch: cross-entropy in nats, and images whose likeliest class is the right one."""
            losses = cross_entropy(labels, probabilities)
            hits = tf.equal(tf.argmax(probabilities, axis=-1), tf.cast(labels, tf.int64))
            return tf.reduce_sum(losses), tf.reduce_sum(tf.cast(hits, tf.float32))

        def train_step(indices: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            images, labels = scale(tf.gather(train_images, indices)), tf.gather(train_labels, indices)
            if recipe.augment:
                images = augment(images, tf.stack([tf.constant(recipe.seed, tf.int64), step]), data.augmentation)
            with tf.GradientTape() as tape:
                probabilities = model(images, training=True)
                lowered = tf.reduce_sum(objective(images, labels, probabilities)) / batch_size
                total = tf.add_n([lowered, *model.losses])
            gradients = tape.gradient(total, model.trainable_variables)
            optimizer.apply(gradients)
            return loss_and_hits(probabilities, labels)

        def validation_step(first: tf.Tensor, images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            chosen = slice(first, first + VALIDATION_BATCH)
            return loss_and_hits(model(scale(images[chosen]), training=False), labels[chosen])

        # Each by whether kernels are taken as they are, in float. TensorFlow records one where it is first called.
        self._train_step = {latent: _recorded(train_step, latent) for latent in (False, True)}
        self._validation_step = {latent: _recorded(validation_step, latent) for latent in (False, True)}
        self._stages = Stages(recipe, optimizer, self.train_count // batch_size)
        self._measures = Measures(model, optimizer, self._val_images)

    def train(self, indices: npt.NDArray[np.int64], step: int, learning_rate: float) -> tuple[float, float]:
        """Changes the weights by the gradient of one batch.

        Args:
            indices: int64 [batch_size], of training images.
            step: its number in the run, from 0.
            learning_rate: of this step.

        Returns:
            The sum of the batch's losses in nats, and how many images were right.

        Raises:
            tf.errors.InvalidArgumentError: the XNOR op was given a NaN.
        """
        step_function = self._train_step[self._stages.begin(step)]
        set_learning_rate(self._optimizer, self._recipe, learning_rate)
        loss_sum, hits = step_function(tf.constant(indices), tf.constant(step, tf.int64))
        return float(loss_sum), float(hits)

    def validate(
        self, should_cancel: Callable[[], bool], count: int | None = None, float_kernels: bool | None = None
    ) -> Figures | None:
        """Mean loss in nats and accuracy on validation images; None if the run is to stop meanwhile.

        Args:
            should_cancel: asked before every batch.
            count: on the first so many images; None: all.
            float_kernels: whether kernels are taken as they are; None: as in the last step.
        """
        count = self.validation_count if count is None else count
        latent = self.float_kernels if float_kernels is None else float_kernels
        return self._validate(self._validation_step[latent], should_cancel, count)

    @property
    def float_kernels(self) -> bool:
        """Whether the last step was one of the first of two stages; before any: whether the first one will be."""
        return self._stages.float_kernels

    @property
    def flips(self) -> Flips:
        """When each binary weight last flipped, as of the last call of :meth:`measure`."""
        return self._measures.flips

    @property
    def has_latent_weights(self) -> bool:
        """Whether :meth:`latent_weights` has anything to look at."""
        return has_latent_weights(self._model, self._recipe)

    @property
    def latent_images(self) -> int:
        """Images that go through the network in :meth:`latent_weights`; 0 where there are no latent weights."""
        norms = min(NORM_IMAGES, self.train_count)
        return norms + 2 * self.validation_count if self.has_latent_weights else 0

    def latent_weights(self, validation: Figures, should_cancel: Callable[[], bool]) -> LatentWeights | None:
        """The last validation, of all images, and that with the latent weights; None if the run is to stop meanwhile.

        Nothing of the model stays changed.
        """
        step = self._validation_step[True]
        again = partial(self._validate, step, should_cancel, self.validation_count)
        return latent_figures(self._model, self._train_images, validation, again)

    def measure(self) -> tuple[LayerMeasures, ...]:
        """Flip ratio since the last call, clipped weights and inputs of signs, layer by layer.

        Raises:
            tf.errors.InvalidArgumentError: the XNOR op was given a NaN.
        """
        return self._measures.at_epoch_end()

    def _validate(self, step: Callable[..., Any], should_cancel: Callable[[], bool], count: int) -> Figures | None:
        images, labels = self._val_images[:count], self._val_labels[:count]
        sums = np.zeros(2)
        for first in range(0, count, VALIDATION_BATCH):
            if should_cancel():
                return None
            found = step(tf.constant(first), images, labels)
            sums += [float(value) for value in found]
        loss, accuracy = sums / count
        return float(loss), float(accuracy)


def _recorded(function: Callable[..., Any], latent: bool) -> Callable[..., Any]:
    """The function as a TensorFlow graph, recorded at its first call, with latent kernels or binary ones."""

    # jit_compile off: the XNOR op is a TensorFlow op and has no XLA kernel.
    @tf.function(jit_compile=False, reduce_retracing=True)  # type: ignore[untyped-decorator]
    def recorded(*args: tf.Tensor) -> Any:
        with latent_kernels(latent):
            return function(*args)

    return recorded  # type: ignore[no-any-return]
