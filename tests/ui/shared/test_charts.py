from __future__ import annotations

from bnn_designer.training.events import EpochEnd, StepWindow
from bnn_designer.ui.shared.charts import epoch_chart, step_chart


def _epoch(number: int, accuracy: float = 0.5) -> EpochEnd:
    return EpochEnd(epoch=number, loss=2.0, accuracy=0.4, val_loss=1.9, val_accuracy=accuracy, seconds=1.0)


def test_steps_are_counted_over_the_epochs() -> None:
    def window(epoch: int, step: int) -> StepWindow:
        return StepWindow(epoch=epoch, step=step, steps_per_epoch=20, loss=1.0, accuracy=0.1, images_per_second=9.0)

    loss, accuracy = step_chart([window(1, 10), window(1, 20), window(2, 10)]).data
    assert list(loss.x) == list(accuracy.x) == [10, 20, 20 + 10]


def test_one_epoch_is_a_point_that_can_be_seen() -> None:
    training, validation = epoch_chart([_epoch(1, 0.25)], "accuracy").data
    assert "markers" in validation.mode
    assert (list(validation.x), list(validation.y), list(training.y)) == ([1], [0.25], [0.4])
