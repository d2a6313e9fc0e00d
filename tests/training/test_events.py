"""What events say, and that those of older versions are still read."""

from __future__ import annotations

from bnn_designer.training.events import EpochEnd, LatentWeights, LayerMeasures, LayerRun, Started, event_from_json


def started(*layers: LayerRun) -> Started:
    return Started(
        engine="xnor",
        engine_reason=None,
        layers=layers,
        train_images=100,
        validation_images=50,
        steps_per_epoch=2,
        epochs=1,
    )


def test_layers_are_counted_by_what_they_run_on() -> None:
    first = LayerRun(name="conv_1", engine="float", gradients="multiplied", reason="full precision")
    narrow = LayerRun(name="binary_conv_1", engine="xnor", gradients="multiplied", reason="narrow")
    wide = LayerRun(name="binary_conv_2", engine="xnor", gradients="int16", reason="wide")
    assert started(first, narrow, wide, wide).layers_text() == "XNOR in 3 layers, gradients looked up in 2; float in 1"
    assert started(first).layers_text() == "float in 1"
    assert started(wide).layers_text() == "XNOR in 1 layer, gradients looked up in 1"


def test_an_event_without_layers_is_read() -> None:
    """Runs that were stored before layers were told."""
    event = event_from_json(started().model_dump_json(exclude={"layers"}))
    assert event == started()


def test_the_end_of_an_epoch_of_before_more_was_measured_is_read() -> None:
    text = '{"kind":"epoch_end","epoch":1,"loss":2.0,"accuracy":0.2,"val_loss":2.1,"val_accuracy":0.25,"seconds":1.0}'
    event = event_from_json(text)
    assert event == EpochEnd(epoch=1, loss=2.0, accuracy=0.2, val_loss=2.1, val_accuracy=0.25, seconds=1.0)
    assert isinstance(event, EpochEnd)
    assert (event.learning_rate, event.steps_s, event.layers) == (None, None, ())


def test_measures_make_a_round_trip() -> None:
    layer = LayerMeasures(name="binary_conv_1", flip_ratio=0.25, positive_share=0.5)
    end = EpochEnd(epoch=1, loss=2, accuracy=0, val_loss=2, val_accuracy=0, seconds=1, steps_s=1, layers=(layer,))
    latent = LatentWeights(
        val_loss=2,
        val_accuracy=0.5,
        latent_val_loss=3,
        latent_val_accuracy=0.25,
        own_norms_val_loss=2,
        own_norms_val_accuracy=0,
    )
    for event in (end, latent):
        assert event_from_json(event.model_dump_json()) == event
