from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest
import tensorflow as tf

from bnn_designer.errors import BnnDesignerError
from bnn_designer.training.events import EpochEnd, LayerMeasures
from bnn_designer.training.tensorboard import write_log

TIME = datetime(2026, 11, 28, 12, 0, tzinfo=timezone.utc)


def epoch(number: int, accuracy: float) -> EpochEnd:
    layer = LayerMeasures(name="binary_conv_1", flip_ratio=0.25)
    return EpochEnd(epoch=number, loss=2, accuracy=0.5, val_loss=1.5, val_accuracy=accuracy, seconds=3, layers=(layer,))


def read(path: Path) -> list[tf.compat.v1.Event]:
    """As TensorBoard reads it: records with their checksums, each an Event."""
    return [tf.compat.v1.Event.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(path))]


def test_each_epoch_is_a_step_with_what_was_measured(tmp_path: Path) -> None:
    path = write_log(tmp_path / "run", [(TIME, epoch(1, 0.25)), (TIME, epoch(2, 0.5))], overwrite=False)
    version, first, second = read(path)
    assert version.file_version == "brain.Event:2"
    assert (first.step, second.step) == (1, 2)
    assert first.wall_time == TIME.timestamp()
    # floats that 32 bits hold exactly; what was not measured is not there
    assert {value.tag: value.simple_value for value in second.summary.value} == {
        "accuracy/validation": 0.5,
        "accuracy/training": 0.5,
        "loss/validation": 1.5,
        "loss/training": 2.0,
        "seconds/epoch": 3.0,
        "flip_ratio/binary_conv_1": 0.25,
    }


def test_a_log_is_replaced_only_where_asked_and_never_half_written(tmp_path: Path) -> None:
    write_log(tmp_path, [(TIME, epoch(1, 0.25))], overwrite=False)
    with pytest.raises(BnnDesignerError, match="already exists"):
        write_log(tmp_path, [], overwrite=False)
    assert len(read(write_log(tmp_path, [], overwrite=True))) == 1  # the version alone: the run had no epoch
    (tmp_path / "file").write_text("")
    with pytest.raises(BnnDesignerError, match="the log cannot be written"):
        write_log(tmp_path / "file", [], overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.out.tfevents.bnn-designer", "file"]
