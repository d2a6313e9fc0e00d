"""What a run reports while it trains: small values that go from the worker through the store to the page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bnn_designer.errors import BnnDesignerError


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Notice(_Event):
    """Something that takes a while before the first step, in words for the user."""

    kind: Literal["notice"] = "notice"
    text: str


class DataRead(_Event):
    """The images are in memory: what the figures of the run are about.

    Attributes:
        title: the set's name, and how its images differ from what the name says.
        shape: height, width and channels.
        train_images, test_images: how many the set has; a recipe may use fewer.
        sha256: of all images and labels, so that another run can be told to have had the same.
    """

    kind: Literal["data_read"] = "data_read"
    title: str
    shape: tuple[int, int, int]
    classes: int
    train_images: int
    test_images: int
    sha256: str


#: How a layer's gradients are computed -> in words.
GRADIENTS_TEXT = {
    "float": "looked up, exact",
    "int16": "looked up, int16",
    "int8": "looked up, int8",
    "multiplied": "multiplied in float",
}


class LayerRun(_Event):
    """What a convolution or dense layer runs on, forward and backward, and one sentence that says why."""

    name: str
    engine: Literal["xnor", "float"]
    gradients: Literal["float", "int16", "int8", "multiplied"]
    reason: str


class Started(_Event):
    """The model is built. ``engine`` is what the binary layers really run on; ``engine_reason`` says why not xnor.

    ``gradients`` is how their gradients are really computed where they are looked up; events of before it was stored
    had exact ones. ``layers`` are all that could be binary; older events have none. ``threads`` are those that
    TensorFlow splits its sums among, which the last digits follow from (docs/training.md); older events do not say.
    ``validation_images`` are those after each epoch but the last, which has ``last_validation_images`` (None: as many).
    ``latent_images`` go through the network after the last epoch, with the latent weights; 0: none, or of before that
    was stored.
    ``machine`` is the processor's name, ``version`` that of this program; older events do not say them.
    """

    kind: Literal["started"] = "started"
    engine: Literal["xnor", "float"]
    engine_reason: str | None
    gradients: Literal["float", "int16", "int8"] = "float"
    layers: tuple[LayerRun, ...] = ()
    train_images: int
    validation_images: int
    steps_per_epoch: int
    epochs: int
    threads: int | None = None
    last_validation_images: int | None = None
    latent_images: int = 0
    machine: str | None = None
    version: str | None = None

    def layers_text(self) -> str:
        """How many layers run on what, such as "XNOR in 4 layers, gradients looked up in 3; float in 2"."""
        binary = [layer for layer in self.layers if layer.engine == "xnor"]
        looked_up = sum(layer.gradients != "multiplied" for layer in binary)
        simulated = len(self.layers) - len(binary)
        layers = "layer" if len(binary) == 1 else "layers"
        parts = [f"XNOR in {len(binary)} {layers}, gradients looked up in {looked_up}"] if binary else []
        return "; ".join([*parts, *([f"float in {simulated}"] if simulated else [])])


class Resumed(_Event):
    """The run goes on after this step of this epoch; what was reported of later ones is void, and comes again."""

    kind: Literal["resumed"] = "resumed"
    epoch: int
    step: int


class FirstStep(_Event):
    """The first step of this process is done: what it took longer than others, ``seconds``, was to trace the network.

    ``epoch`` and ``step`` are those that were finished; more than 1 in a run that was resumed.
    """

    kind: Literal["first_step"] = "first_step"
    epoch: int
    step: int
    seconds: float


class StepWindow(_Event):
    """Means over the steps since the last window. ``step`` counts the finished steps of this epoch, epochs from 1."""

    kind: Literal["step_window"] = "step_window"
    epoch: int
    step: int
    steps_per_epoch: int
    loss: float
    accuracy: float
    images_per_second: float


class LayerMeasures(_Event):
    """What was measured of one layer at the end of an epoch; None is "does not apply to it".

    Attributes:
        flip_ratio: share of the binary weights whose sign changed since the end of the last epoch.
        clipped_share: share of the latent weights that are at the limit of their constraint.
        positive_share: share of the sign's inputs that are at least 0 and so become +1, over some validation images.
    """

    name: str
    flip_ratio: float | None = None
    clipped_share: float | None = None
    positive_share: float | None = None


class LayerLeft(_Event):
    """A layer that keeps its own first weights, and why."""

    name: str
    reason: str


class WeightsTaken(_Event):
    """The run starts from the weights of another one, where layers match."""

    kind: Literal["weights_taken"] = "weights_taken"
    run: str
    taken: tuple[str, ...]
    left: tuple[LayerLeft, ...] = ()

    def text(self) -> str:
        """Such as "Starts from the weights of run 0123abcd in 5 layers; head_1.dense keeps its own (why)."."""
        layers = "1 layer" if len(self.taken) == 1 else f"{len(self.taken)} layers"
        left = "".join(f"; {layer.name} keeps its own ({layer.reason})" for layer in self.left)
        return f"Starts from the weights of run {self.run} in {layers}{left}."


class EpochEnd(_Event):
    """Means over the epoch's training steps, and the validation after it. ``seconds`` includes the validation.

    ``validation_images`` are those that the validation is of. ``float_kernels``: the epoch is of the first of two
    stages, and its figures, those of the validation included, are of a network with binary inputs and float kernels.

    What events of before it was measured lack is None, or empty: the images of the validation, the learning rate of the
    last step, images a second of the training steps alone, the time by phase, and the measures by layer.
    """

    kind: Literal["epoch_end"] = "epoch_end"
    epoch: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float
    validation_images: int | None = None
    learning_rate: float | None = None
    images_per_second: float | None = None
    steps_s: float | None = None
    validation_s: float | None = None
    saving_s: float | None = None
    measuring_s: float | None = None
    float_kernels: bool = False
    layers: tuple[LayerMeasures, ...] = ()


def best_epoch(epochs: Iterable[EpochEnd]) -> EpochEnd | None:
    """The first of those with the highest validation accuracy; None where there is none.

    One that was validated on more images counts before all that were on fewer, whose figures are known less well. Those
    of the first of two stages do not count: they are of another network.
    """
    binary = (end for end in epochs if not end.float_kernels)
    return max(binary, key=lambda end: (end.validation_images or 0, end.val_accuracy), default=None)


class LatentWeights(_Event):
    """The validation at the end of a run with the binary weights, and with the latent ones in their place.

    ``latent``: all else stays, the batch norms' statistics included, which are of the binary weights. ``own_norms``:
    with statistics of the latent weights, over training images.
    """

    kind: Literal["latent_weights"] = "latent_weights"
    val_loss: float
    val_accuracy: float
    latent_val_loss: float
    latent_val_accuracy: float
    own_norms_val_loss: float
    own_norms_val_accuracy: float


class Failed(_Event):
    """The run cannot go on; one paragraph for the user."""

    kind: Literal["failed"] = "failed"
    reason: str


Event = (
    Notice | DataRead | Started | Resumed | WeightsTaken | FirstStep | StepWindow | EpochEnd | LatentWeights | Failed
)

_ADAPTER: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


def event_from_json(text: str) -> Event:
    """The event that ``event.model_dump_json()`` wrote.

    Raises:
        BnnDesignerError: the text is none.
    """
    try:
        return _ADAPTER.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise BnnDesignerError(
            f"event: what is stored is no event of a run ({first}). A newer program wrote it, or the store is damaged: "
            "see bnn-designer store check."
        ) from error
