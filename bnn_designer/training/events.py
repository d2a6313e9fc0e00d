"""What a run reports while it trains: small values that go from the worker through the store to the page."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Notice(_Event):
    """Something that takes a while before the first step, in words for the user."""

    kind: Literal["notice"] = "notice"
    text: str


class Started(_Event):
    """The model is built. ``engine`` is what the binary layers really run on; ``engine_reason`` says why not xnor.

    ``gradients`` is how their gradients are really computed; events of before it was stored had exact ones.
    """

    kind: Literal["started"] = "started"
    engine: Literal["xnor", "float"]
    engine_reason: str | None
    gradients: Literal["float", "int16", "int8"] = "float"
    train_images: int
    validation_images: int
    steps_per_epoch: int
    epochs: int


class StepWindow(_Event):
    """Means over the steps since the last window. ``step`` counts the finished steps of this epoch, epochs from 1."""

    kind: Literal["step_window"] = "step_window"
    epoch: int
    step: int
    steps_per_epoch: int
    loss: float
    accuracy: float
    images_per_second: float


class EpochEnd(_Event):
    """Means over the epoch's training steps, and the validation after it. ``seconds`` includes the validation."""

    kind: Literal["epoch_end"] = "epoch_end"
    epoch: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float


class Failed(_Event):
    """The run cannot go on; one paragraph for the user."""

    kind: Literal["failed"] = "failed"
    reason: str


Event = Notice | Started | StepWindow | EpochEnd | Failed

_ADAPTER: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


def event_from_json(text: str) -> Event:
    """The event that ``event.model_dump_json()`` wrote."""
    return _ADAPTER.validate_json(text)
