"""What holds within a ``with`` statement: which metrics new kernel quantizers have, whether kernels read as quantized.

As Larq users know them (`larq.context`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from bnn_designer.nn.errors import LayerError

#: What can be measured of a quantizer's outputs from step to step.
TRAINING_METRICS = ("flip_ratio",)

_training_metrics: set[str] = set()
_quantized: ContextVar[bool] = ContextVar("whether kernels read as quantized", default=False)


def check_metrics(where: str, metrics: Iterable[str]) -> list[str]:
    """The metrics as a list.

    Raises:
        LayerError: one of them is not in :data:`TRAINING_METRICS`, or they are a string and not a list of names.
    """
    names = [metrics] if isinstance(metrics, str) else list(metrics)
    unknown = [name for name in names if name not in TRAINING_METRICS]
    if unknown or isinstance(metrics, str):
        raise LayerError(
            where,
            f"metrics must be a list of names out of {', '.join(TRAINING_METRICS)}, got {metrics!r}",
            "Write metrics=['flip_ratio'], or leave it out",
        )
    return names


@contextmanager
def metrics_scope(metrics: Iterable[str] = ()) -> Iterator[set[str]]:
    """Kernel quantizers that layers get within this measure ``metrics``, besides those of the scopes around it.

    Args:
        metrics: names; ``"flip_ratio"`` is the only one.

    Raises:
        LayerError: a name is unknown.
    """
    wanted = check_metrics("metrics_scope", metrics)
    before = set(_training_metrics)
    _training_metrics.update(wanted)
    try:
        yield _training_metrics
    finally:
        _training_metrics.clear()
        _training_metrics.update(before)


def get_training_metrics() -> set[str]:
    """The metrics that kernel quantizers get now: the set itself, so that what is added to it counts."""
    return _training_metrics


@contextmanager
def quantized_scope(quantize: bool) -> Iterator[bool]:
    """Whether the kernels of our layers read as their quantizers make them, here and in whatever is saved here.

    Reading is ``get_weights``, ``numpy``, conversion to a tensor and Keras' files (``.keras``, ``.weights.h5``,
    ``.h5``). What is assigned goes to the latent weights always, and layers compute as they do outside. Kernels without
    a quantizer stay what they are; `stored_kernels` names them.

    Args:
        quantize: True: quantized; False: the latent weights, as without this.
    """
    token = _quantized.set(quantize)
    try:
        yield quantize
    finally:
        _quantized.reset(token)


def should_quantize() -> bool:
    """Whether kernels read as quantized now."""
    return _quantized.get()
