from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.training.events import EpochEnd, StepWindow
from bnn_designer.ui.shared.charts import Curve, compare_chart, epoch_chart, step_chart


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


@given(st.lists(st.integers(0, 5), max_size=40))
def test_curves_of_many_runs_look_different(lengths: list[int]) -> None:
    curves = [Curve(f"run {i}", tuple(_epoch(n + 1) for n in range(count))) for i, count in enumerate(lengths)]
    figure = compare_chart(curves, "loss")
    looks = [(line.line.color, line.line.dash) for line in figure.data[:32]]
    assert len(set(looks)) == len(looks)
    assert [len(line.x) for line in figure.data] == lengths


def test_names_of_runs_are_text_and_not_markup() -> None:
    (line,) = compare_chart([Curve("<b>bold</b>", (_epoch(1),))], "accuracy").data
    assert line.name == "&lt;b&gt;bold&lt;/b&gt;"
