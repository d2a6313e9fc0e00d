"""A run's log for TensorBoard: its epochs as scalars, in an event file.

The file is records of TensorFlow's own (``tf.io.TFRecordWriter``) with TensorFlow's own message ``Event``, which is all
that an event file is; TensorBoard itself need not be installed where it is written.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import tensorflow as tf

from bnn_designer.errors import BnnDesignerError
from bnn_designer.files import check_target, replace_durably
from bnn_designer.training.events import EpochEnd, LayerMeasures

#: What TensorBoard looks for in the first record of a file.
_VERSION = "brain.Event:2"
#: Tag -> field of an epoch. Tags with a slash come under one heading.
_OF_EPOCH = {
    "accuracy/validation": "val_accuracy",
    "accuracy/training": "accuracy",
    "loss/validation": "val_loss",
    "loss/training": "loss",
    "learning_rate": "learning_rate",
    "images_per_second": "images_per_second",
    "seconds/epoch": "seconds",
    "seconds/steps": "steps_s",
    "seconds/validation": "validation_s",
    "seconds/measuring": "measuring_s",
    "seconds/saving": "saving_s",
}
_OF_LAYER = tuple(name for name in LayerMeasures.model_fields if name != "name")


def write_log(folder: Path, epochs: Sequence[tuple[datetime, EpochEnd]], *, overwrite: bool) -> Path:
    """Writes the epochs into a folder of their own, which TensorBoard shows as a run of that name.

    Args:
        folder: made where it is missing.
        epochs: with the time at which each ended; the step of a scalar is the number of its epoch.
        overwrite: whether a log that is there is replaced.

    Returns:
        The file.

    Raises:
        BnnDesignerError: a log is there, or the folder cannot be written to.
    """
    path = folder / "events.out.tfevents.bnn-designer"
    check_target(path, overwrite=overwrite)
    partial = folder / f".{path.name}.partial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tf.io.TFRecordWriter(str(partial)) as writer:
            for event in _events(epochs):
                writer.write(event.SerializeToString())
        replace_durably(partial, path)
    except (OSError, tf.errors.OpError) as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        reason = error.strerror if isinstance(error, OSError) else error.message
        raise BnnDesignerError(f"{folder}: the log cannot be written ({reason}). Choose another folder.") from error
    return path


def _events(epochs: Sequence[tuple[datetime, EpochEnd]]) -> Iterator[tf.compat.v1.Event]:
    start = epochs[0][0].timestamp() if epochs else 0.0
    yield tf.compat.v1.Event(wall_time=start, file_version=_VERSION)
    for time, epoch in epochs:
        values = [tf.compat.v1.Summary.Value(tag=tag, simple_value=value) for tag, value in scalars(epoch).items()]
        yield tf.compat.v1.Event(
            wall_time=time.timestamp(), step=epoch.epoch, summary=tf.compat.v1.Summary(value=values)
        )


def scalars(epoch: EpochEnd) -> dict[str, float]:
    """What was measured of an epoch, by tag; what was not is left out."""
    found = {tag: getattr(epoch, field) for tag, field in _OF_EPOCH.items()}
    for layer in epoch.layers:
        found |= {f"{measure}/{layer.name}": getattr(layer, measure) for measure in _OF_LAYER}
    return {tag: float(value) for tag, value in found.items() if value is not None}
