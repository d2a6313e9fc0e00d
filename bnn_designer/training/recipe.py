"""How a network is trained: one immutable value, shown as a form, stored with the run, read by the loop.

The descriptions of the fields are the help texts of the form.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from bnn_designer.errors import BnnDesignerError
from bnn_designer.training.data.images import MAX_IMAGES
from bnn_designer.training.data.sets import DEFAULT, SETS

#: Images of a short run, each counted once an epoch. Rounded gradients trained as well as exact ones in runs of 30,000
#: (six seeds, docs/gradients.md); nothing is known of longer ones, so they are no default there.
SHORT_RUN_IMAGES = 50_000


#: A path is no longer than this on Linux.
_MAX_PATH_CHARS = 4096
_MIRRORED = " and ".join(source.title for source in SETS.values() if source.augmentation.mirror)


class RecipeError(BnnDesignerError):
    """A recipe with an unknown field or a value out of its bounds."""


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
    # Larq's CIFAR-10 tutorial takes Adam at 0.01, for 100 epochs. For short trials less is better: bi-real-cifar, 3
    # epochs of 10,000 images, CIFAR-10 (JPEG re-encoded), 10,000 test images: 43.4 % at 0.01, 46.8 % at 0.003, 46.1 %
    # at 0.002. One seed, and chosen on these same test images, so 0.003 and 0.002 are not told apart by it. It stays
    # above Adam's usual 0.001, because latent weights count only by their sign and must be able to cross zero.
    learning_rate: float = Field(
        default=0.003, gt=0, le=1, description="Adam's learning rate at its highest point, after the warm-up."
    )
    schedule: Literal["cosine", "constant"] = Field(
        default="cosine",
        description="cosine: a short warm-up, then down to 0 along a half cosine, which settles the signs; "
        "constant: the same rate throughout.",
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
            raise RecipeError(_explain(error)) from error

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """The recipe that ``to_json`` wrote, with exact gradients if it is of before there was a choice.

        Raises:
            RecipeError: it is not a recipe.
        """
        try:
            recipe = cls.model_validate_json(text)
        except ValidationError as error:
            raise RecipeError(_explain(error)) from error
        return recipe if "gradients" in recipe.model_fields_set else recipe.model_copy(update={"gradients": "float"})

    def to_json(self) -> str:
        """One line of JSON with every field."""
        return self.model_dump_json()


def _least(*counts: int | None) -> int | None:
    return min((count for count in counts if count is not None), default=None)


def _explain(error: ValidationError) -> str:
    problems = []
    for detail in error.errors(include_url=False):
        field = ".".join(str(part) for part in detail["loc"]) or "recipe"
        if detail["type"] == "extra_forbidden":
            problems.append(f"{field}: there is no such field. The fields are {', '.join(Recipe.model_fields)}.")
        else:
            problems.append(f"{field}: {detail['msg'].rstrip('.')}, got {detail['input']!r}.")
    return "Recipe: " + " ".join(problems)
