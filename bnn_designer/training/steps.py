"""What a run computes, one step at a time: the gradient step of a batch, and the validation.

The order of the steps, what is reported and what is saved is the loop's business (``loop.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnn_designer.nn import Adam
from bnn_designer.training.augment import augment, scale
from bnn_designer.training.data.images import Images
from bnn_designer.training.recipe import Recipe

# Images per step of the validation: no gradients are kept, so it may be larger than a training step.
VALIDATION_BATCH = 200


def optimizer_for(recipe: Recipe, model: keras.Model) -> keras.optimizers.Optimizer:
    """The optimizer of a recipe, with the variables that it keeps for each weight of the model."""
    # Adam with Keras' moments and epsilon, as in Larq's CIFAR-10 tutorial. Its apply() also clips the latent weights:
    # Keras 3 optimizers apply the constraint of each variable after its update; ours does both in one pass.
    adam = keras.optimizers.Adam if recipe.engine == "float" else Adam
    optimizer = adam(recipe.learning_rate)
    optimizer.build(model.trainable_variables)
    return optimizer


class Steps:
    """The steps of one run; everything random in them follows from the recipe's seed and the number of the step.

    Args:
        model: its weights are changed by :meth:`train`.
        optimizer: built for the model.
        recipe: the hyper-parameters.
        data: the images; the first ``recipe.subset`` of the training set and ``recipe.validation_subset`` of the test
            set are used.

    Attributes:
        train_count, validation_count: images in use.
        batch_size: images of a step; at most all there are.
        data_sha256: of the labels in use, so that other data are told from these.
    """

    def __init__(self, model: keras.Model, optimizer: keras.optimizers.Optimizer, recipe: Recipe, data: Images) -> None:
        train_images = tf.constant(data.train_images[: recipe.subset])
        train_labels = tf.constant(data.train_labels[: recipe.subset])
        self._val_images = tf.constant(data.test_images[: recipe.validation_subset])
        self._val_labels = tf.constant(data.test_labels[: recipe.validation_subset])
        self._optimizer = optimizer
        self.train_count, self.validation_count = len(train_images), len(self._val_images)
        self.batch_size = batch_size = min(recipe.batch_size, self.train_count)
        labels = (data.train_labels[: recipe.subset], data.test_labels[: recipe.validation_subset])
        self.data_sha256 = hashlib.sha256(b"".join(part.tobytes() for part in labels)).hexdigest()

        def loss_and_hits(images: tf.Tensor, labels: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
            """Sums over the batch: cross-entropy in nats, and images whose likeliest class is the right one."""
            probabilities = model(images, training=training)
            losses = keras.losses.sparse_categorical_crossentropy(labels, probabilities)
            hits = tf.equal(tf.argmax(probabilities, axis=-1), tf.cast(labels, tf.int64))
            return tf.reduce_sum(losses), tf.reduce_sum(tf.cast(hits, tf.float32))

        # jit_compile off: the XNOR op is a TensorFlow op and has no XLA kernel.
        @tf.function(jit_compile=False)  # type: ignore[untyped-decorator]
        def train_step(indices: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            images, labels = scale(tf.gather(train_images, indices)), tf.gather(train_labels, indices)
            if recipe.augment:
                images = augment(images, tf.stack([tf.constant(recipe.seed, tf.int64), step]), data.augmentation)
            with tf.GradientTape() as tape:
                loss_sum, hits = loss_and_hits(images, labels, training=True)
                objective = tf.add_n([loss_sum / batch_size, *model.losses])
            gradients = tape.gradient(objective, model.trainable_variables)
            optimizer.apply(gradients)
            return loss_sum, hits

        @tf.function(jit_compile=False, reduce_retracing=True)  # type: ignore[untyped-decorator]
        def validation_step(first: tf.Tensor, images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            chosen = slice(first, first + VALIDATION_BATCH)
            return loss_and_hits(scale(images[chosen]), labels[chosen], training=False)

        self._train_step, self._validation_step = train_step, validation_step

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
        self._optimizer.learning_rate = learning_rate
        loss_sum, hits = self._train_step(tf.constant(indices), tf.constant(step, tf.int64))
        return float(loss_sum), float(hits)

    def validate(self, should_cancel: Callable[[], bool], count: int | None = None) -> tuple[float, float] | None:
        """Mean loss in nats and accuracy on the first ``count`` validation images (None: all).

        Returns None if the run is to stop meanwhile.
        """
        count = self.validation_count if count is None else count
        images, labels = self._val_images[:count], self._val_labels[:count]
        sums = np.zeros(2)
        for first in range(0, count, VALIDATION_BATCH):
            if should_cancel():
                return None
            found = self._validation_step(tf.constant(first), images, labels)
            sums += [float(value) for value in found]
        loss, accuracy = sums / count
        return float(loss), float(accuracy)
