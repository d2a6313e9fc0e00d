"""How a network is trained: one immutable value, shown as a form, stored with the run, read by the loop.

The descriptions of the fields are the help texts of the form.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from bnn_designer.training.data.images import MAX_IMAGES
from bnn_designer.training.data.sets import DEFAULT, SETS
from bnn_designer.training.learning_rates import LEARNING_RATES, Optimizer
from bnn_designer.training.recipe_errors import RecipeError, explained

__all__ = ["LEARNING_RATES", "SHORT_RUN_IMAGES", "WARMUP", "Optimizer", "Recipe", "RecipeError"]

#: Images of a short run, each counted once an epoch. Rounded gradients trained as well as exact ones in runs of 30,000
#: (six seeds, docs/gradients.md); nothing is known of longer ones, so they are no default there.
SHORT_RUN_IMAGES = 50_000
#: Share of the steps of the warm-up, which only the cosine had before it was a number of its own.
WARMUP = 0.03

RunId = Annotated[str, Field(pattern="^[0-9a-f]{8}$")]
#: A path is no longer than this on Linux.
_MAX_PATH_CHARS = 4096
_MIRRORED = " and ".join(source.title for source in SETS.values() if source.augmentation.mirror)


class Recipe(BaseModel):
    """The hyper-parameters of one run; the same recipe, design and engine give the same curve."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: str = Field(
        default=DEFAULT,
        max_length=_MAX_PATH_CHARS,
        description=f"Which images: {', '.join(SETS)}, or the whole path of a folder of pictures or an .npz file of "
        "your own.",
    )
    # 10 passes show which of two designs learns better; a final figure takes 100 (Larq's CIFAR-10 tutorial) and more.
    epochs: int = Field(default=10, ge=1, le=1000, description="Passes over the training images.")
    subset: int | None = Field(
        default=None,
        ge=10,
        le=MAX_IMAGES,
        description="Train on the first N images only, for a quick trial; empty: all.",
    )
    # 50 as in Larq's CIFAR-10 tutorial: sign gradients are noisy, and many small steps beat few large ones.
    batch_size: int = Field(default=50, ge=2, le=1024, description="Batch size.")
    # Adam: BNNs have been trained with it since 1602.02830. Its steps do not depend on the size of the gradients, which
    # straight-through estimators get wrong (1812.08118 compares optimizers).
    optimizer: Optimizer = Field(
        default="adam",
        description="adam: for all weights. adam_bop: Bop flips the binary weights, which have no latent ones then; "
        "Adam trains the others. sgd: stochastic gradient descent with momentum, for all weights.",
    )
    # Its default follows the optimizer, see LEARNING_RATES.
    learning_rate: float = Field(
        default=LEARNING_RATES["adam"],
        gt=0,
        le=1,
        description="The optimizer's learning rate at its highest point, after the warm-up; of adam_bop: Adam's.",
    )
    # As in 1512.03385, section 4.2, and nearly everywhere else.
    momentum: float = Field(
        default=0.9, ge=0, lt=1, description="Of sgd: how much of the last step the next one repeats."
    )
    # 1906.02107, section 5.2, for 500 epochs of BinaryNet on CIFAR-10 at batch size 50, where gamma falls as our
    # schedules let it fall; Larq's defaults too.
    bop_gamma: float = Field(
        default=1e-4,
        gt=0,
        le=1,
        description="Of adam_bop: how much of the newest gradient Bop's moving average takes. Larger: more weights "
        "flip sooner, and the noise is larger. It follows the schedule as the learning rate does.",
    )
    bop_threshold: float = Field(
        default=1e-8,
        ge=0,
        le=1,
        description="Of adam_bop: what the moving average must pass to flip a weight. Larger: fewer weights flip.",
    )
    schedule: Literal["cosine", "step", "constant"] = Field(
        default="cosine",
        description="cosine: down to 0 along a half cosine, which settles the signs; step: multiplied by the step "
        "factor at each milestone; constant: the same rate throughout.",
    )
    # Adam's second moments are guesses in its first steps.
    warmup: float = Field(
        default=WARMUP, ge=0, le=0.5, description="Share of the steps over which the rate first climbs from near 0."
    )
    # A half and three quarters of the run, as in 1512.03385, section 4.2: 32,000 and 48,000 of 64,000 steps.
    milestones: tuple[float, ...] = Field(
        default=(0.5, 0.75),
        max_length=10,
        description="Of the step schedule: at which shares of the run the rate falls, such as 0.5, 0.75.",
    )
    step_factor: float = Field(
        default=0.1, gt=0, lt=1, description="Of the step schedule: what the rate is multiplied by at a milestone."
    )
    # Off: where training errors are far from 0, as in short runs of binary networks, there is nothing to soften. 0.1 is
    # usual for ImageNet (1512.00567, section 7).
    label_smoothing: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Share of each label that is spread over all classes while training; 0: none. The loss that is "
        "shown is of the labels themselves.",
    )
    # Off: it takes twice the time for the same epochs. 2003.11535 (section 4.3) and 2003.03488 (section 5.1) give both
    # stages as many epochs.
    first_stage_epochs: int = Field(
        default=0,
        ge=0,
        le=999,
        description="Of these epochs, how many train in a first stage with binary inputs and float kernels; the second "
        "starts from its weights, with the whole schedule anew. 0: one stage.",
    )
    teacher: RunId | None = Field(
        default=None,
        description="Id of a run whose network is the teacher (knowledge distillation), such as one of the design's "
        "full-precision twin; empty: none.",
    )
    # Both from Hinton et al., 1503.02531, section 4, whose best temperature of 1, 2, 5 and 10 is 2.
    teacher_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="With a teacher: share of the loss that is the distance to its softened outputs; the rest is that "
        "of the labels.",
    )
    temperature: float = Field(
        default=2.0,
        gt=0,
        le=100,
        description="With a teacher: how much outputs are softened. 1: not at all; larger: classes that the teacher "
        "finds unlikely count more.",
    )
    start_from: RunId | None = Field(
        default=None,
        description="Id of a run to take the first weights from, in layers of the same id and shapes; empty: random "
        "weights.",
    )
    # Standard for CIFAR-10 since 1512.03385, section 4.2: mirror, and a 32 x 32 crop out of 40 x 40. Which images stay
    # what they are in a mirror is the data set's to say (data/images.py, Augmentation).
    augment: bool = Field(
        default=True,
        description="Shift images at random by an eighth of their size, 4 pixels at most (pad and crop), and mirror "
        f"those that stay what they are: {_MIRRORED}; not digits; of your own where data.json or the .npz says so.",
    )
    seed: int = Field(
        default=0, ge=0, le=2**31 - 1, description="Same seed, same initial weights, order and shifts: same curve."
    )
    engine: Literal["auto", "xnor", "float"] = Field(
        default="auto",
        description="xnor: binary layers run through the compiled XNOR-popcount op; float: the same numbers simulated "
        "in floating point; auto: for each layer the faster of the two on this machine.",
    )
    gradients: Literal["auto", "float", "int16", "int8"] = Field(
        default="auto",
        description="How the XNOR-popcount op computes gradients. float: exactly; int16 and int8: faster, with "
        "gradients stochastically rounded to that many bits, so that they are right on average; auto: int16 in short "
        f"runs (at most {SHORT_RUN_IMAGES:,} images in all), else float, and of images of your own only with a subset. "
        "The float engine's are always exact.",
    )
    validation_subset: int | None = Field(
        default=None,
        ge=10,
        le=MAX_IMAGES,
        description="Validate on the first N test images only; empty: all.",
    )

    @field_validator("data")
    @classmethod
    def _known_or_whole_path(cls, data: str) -> str:
        if data not in SETS and not (Path(data).is_absolute() and data.isprintable()):
            raise PydanticCustomError("data", f"a data set is one of {', '.join(SETS)}, or a path from / on")
        return data

    @model_validator(mode="before")
    @classmethod
    def _usual_rate(cls, data: Any) -> Any:
        """Where no learning rate is given, the optimizer's usual one."""
        if isinstance(data, dict) and "learning_rate" not in data and data.get("optimizer") in LEARNING_RATES:
            return {**data, "learning_rate": LEARNING_RATES[data["optimizer"]]}
        return data

    @field_validator("teacher", "start_from", mode="before")
    @classmethod
    def _no_run(cls, value: Any) -> Any:
        """None is what an empty line of a form means."""
        return None if value == "" else value

    @field_validator("milestones")
    @classmethod
    def _shares_in_order(cls, shares: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0 < share < 1 for share in shares) or list(shares) != sorted(set(shares)):
            raise ValueError("Milestones are shares of the run between 0 and 1, each larger than the one before")
        return shares

    @model_validator(mode="after")
    def _stages_fit(self) -> Recipe:
        if self.first_stage_epochs and self.first_stage_epochs >= self.epochs:
            raise ValueError(
                f"first_stage_epochs: {self.first_stage_epochs} of {self.epochs} epochs leave none for the second "
                "stage. Lower it, or train for more epochs"
            )
        if self.first_stage_epochs and self.optimizer == "adam_bop":
            raise ValueError(
                "first_stage_epochs: Bop flips binary kernels, and those of the first stage are floats. Use adam, or "
                "start from another run's weights"
            )
        return self

    def first_stage_steps(self, total_steps: int) -> int:
        """How many of all optimizer steps are those of the first of two stages."""
        return self.first_stage_epochs * (total_steps // self.epochs)

    @property
    def gradients_used(self) -> Literal["float", "int16", "int8"]:
        """The kind of gradients asked for, "auto" resolved."""
        if self.gradients != "auto":
            return self.gradients
        images = self.most_train_images
        return "int16" if images is not None and self.epochs * images <= SHORT_RUN_IMAGES else "float"

    @property
    def most_train_images(self) -> int | None:
        """Images of an epoch; None: as many as a set of one's own has, which is not known before it is read."""
        source = SETS.get(self.data)
        return _least(self.subset, None if source is None else source.train_count)

    @property
    def most_validation_images(self) -> int | None:
        """Images of a validation; None as in :attr:`most_train_images`."""
        source = SETS.get(self.data)
        return _least(self.validation_subset, None if source is None else source.test_count)

    @classmethod
    def from_fields(cls, **fields: Any) -> Recipe:
        """A recipe from a form's or a command's values; raises RecipeError that names each wrong field and its rule."""
        try:
            return cls(**fields)
        except ValidationError as error:
            raise RecipeError(explained(error, cls.model_fields)) from error

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """The recipe that ``to_json`` wrote; one of before there was a choice has exact gradients, and no warm-up but
        the cosine's.

        Raises:
            RecipeError: it is not a recipe.
        """
        try:
            recipe = cls.model_validate_json(text)
        except ValidationError as error:
            raise RecipeError(explained(error, cls.model_fields)) from error
        before: dict[str, Any] = {"gradients": "float", "warmup": WARMUP if recipe.schedule == "cosine" else 0.0}
        missing = before.keys() - recipe.model_fields_set
        return recipe.model_copy(update={name: before[name] for name in missing})

    def changed(self, **fields: Any) -> Recipe:
        """The recipe with other values; a learning rate that was the optimizer's usual one follows the optimizer.

        Raises:
            RecipeError: as :meth:`from_fields`.
        """
        values = self.model_dump()
        if self.learning_rate == LEARNING_RATES[self.optimizer]:
            del values["learning_rate"]
        return self.from_fields(**values | fields)

    def as_teachers(self) -> Recipe:
        """The recipe for the full-precision twin that is to be the teacher: without what is about binary weights."""
        optimizer = "adam" if self.optimizer == "adam_bop" else self.optimizer
        return self.changed(optimizer=optimizer, first_stage_epochs=0, teacher=None, start_from=None)

    def to_json(self) -> str:
        """One line of JSON with every field."""
        return self.model_dump_json()


def _least(*counts: int | None) -> int | None:
    return min((count for count in counts if count is not None), default=None)
