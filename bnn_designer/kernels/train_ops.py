"""What a training step needs beside the binary products: batch norm, max pool and Adam, compiled.

Each is one or two passes over memory where TensorFlow's own ops take several, and keeps only what its gradient needs.
The same numbers come out on any number of threads. CPU only.

Errors: as in `bnn_designer.kernels.ops`, with the shapes in the message.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from bnn_designer.kernels import library


def batch_norm(x: Any, gamma: Any, beta: Any, *, epsilon: float) -> tuple[Any, Any, Any]:
    """Batch norm in training mode over all dimensions but the last.

    Args:
        x: float32 [batch, ..., channels], not empty.
        gamma, beta: float32 [channels].
        epsilon: added to the variance.

    Returns:
        ``gamma * (x - mean) / sqrt(variance + epsilon) + beta`` in the shape of ``x``; the batch's mean and biased
        variance, float32 [channels] each. Gradients are those of the first; the other two have none.
    """
    output, mean, variance, _ = library.load().bnn_batch_norm(input=x, gamma=gamma, beta=beta, epsilon=epsilon)
    return output, tf.stop_gradient(mean), tf.stop_gradient(variance)


@tf.RegisterGradient("BnnBatchNorm")  # type: ignore[untyped-decorator]
def _batch_norm_gradient(op: Any, grad: Any, *unused: Any) -> tuple[Any, Any, Any]:
    x, gamma, _ = op.inputs
    _, mean, _, rstd = op.outputs
    return tuple(library.load().bnn_batch_norm_grad(output_gradient=grad, input=x, gamma=gamma, mean=mean, rstd=rstd))


def max_pool2d(x: Any, *, pool: tuple[int, int], strides: tuple[int, int], padding: str) -> Any:
    """Max pool whose gradient keeps one byte for each output and nothing else.

    Args:
        x: float32 [batch, height, width, channels].
        pool: height and width of the window, at most 256 pixels in all.
        strides: rows and columns between windows.
        padding: "same" (counted like TensorFlow's) or "valid".

    Returns:
        float32 [batch, out height, out width, channels]. The gradient goes to the first of equal values.
    """
    output, _ = library.load().bnn_max_pool(input=x, pool=pool, strides=strides, padding=padding.upper())
    return output


@tf.RegisterGradient("BnnMaxPool")  # type: ignore[untyped-decorator]
def _max_pool_gradient(op: Any, grad: Any, _: Any) -> Any:
    attributes = {"pool": op.get_attr("pool"), "strides": op.get_attr("strides")}
    return library.load().bnn_max_pool_grad(
        output_gradient=grad,
        taps=op.outputs[1],
        input_sizes=tf.shape(op.inputs[0]),
        padding=tf.compat.as_str(op.get_attr("padding")),
        **attributes,
    )


def adam_step(
    variable: tf.Variable,
    first_moment: tf.Variable,
    second_moment: tf.Variable,
    gradient: Any,
    alpha: Any,
    *,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    clip: float | None,
) -> Any:
    """One step of Adam (arXiv 1412.6980) on three float32 variables of the gradient's shape, in place.

    Args:
        variable, first_moment, second_moment: what is updated.
        gradient: float32.
        alpha: float32 scalar: ``learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t)`` for step t.
        beta_1, beta_2: how much of the moments stays.
        epsilon: added to the root of the second moment.
        clip: the variable ends within [-clip, clip]; None: free.

    Returns:
        The operation (None when run eagerly).
    """
    return library.load().bnn_resource_adam(
        variable=variable.handle,
        first_moment=first_moment.handle,
        second_moment=second_moment.handle,
        gradient=gradient,
        alpha=alpha,
        rate_1=1 - beta_1,
        rate_2=1 - beta_2,
        epsilon=epsilon,
        clip=clip or 0.0,
    )
