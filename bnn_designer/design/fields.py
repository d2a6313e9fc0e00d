"""The types of fields that blocks are made of: frozen, strict, with bounds."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError, PydanticKnownError

from bnn_designer.design.vocabulary import PadValue
from bnn_designer.errors import is_control


def _as_pair(value: Any) -> Any:
    """One number stands for both axes."""
    return (value, value) if isinstance(value, int) and not isinstance(value, bool) else value


def _zero_or_one(value: Any) -> Any:
    """Refuses true and 1.0, which Python takes to be equal to 1."""
    if isinstance(value, bool | float):
        raise PydanticKnownError("literal_error", {"expected": "0 or 1"})
    return value


# Strict, so that a text or a 1 in the place of true, or true in the place of 1, is told and not guessed at.
Flag = Annotated[bool, Field(strict=True)]
Number = Annotated[float, Field(strict=True)]
Size = Annotated[int, Field(ge=1, le=4096, strict=True)]
SizePair = Annotated[tuple[Size, Size], BeforeValidator(_as_pair)]
Count = Annotated[int, Field(ge=1, le=65536, strict=True)]
#: Of a layer that reads signs.
SignPadding = Annotated[
    PadValue,
    BeforeValidator(_zero_or_one),
    Field(description="What pads the signs: 1 keeps everything one bit; 0 needs a correction at the edges."),
]


def _visible(text: str) -> str:
    """The text in one line: ends of lines and tabs, which come with what is pasted, are spaces."""
    text = "".join(" " if c.isspace() and is_control(c) else c for c in text)
    control = next((c for c in text if is_control(c)), None)
    if control is not None:
        raise PydanticCustomError("control", "it has the control character {code}", {"code": f"U+{ord(control):04X}"})
    return text


#: What people write for people: it is printed, drawn and put into generated programs.
Words = Annotated[str, AfterValidator(_visible)]


class Value(BaseModel):
    """A frozen model that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BatchNormOptions(Value):
    """How a batch norm is set up. The guide recommends trainable beta and gamma; LCE recommends momentum 0.9."""

    center: Flag = Field(True, description="Train an offset (beta) per channel.")
    scale: Flag = Field(True, description="Train a factor (gamma) per channel.")
    momentum: Number = Field(0.9, ge=0, lt=1, description="Share of the running mean and variance that a step keeps.")
    epsilon: Number = Field(1e-3, gt=0, le=1, description="Added to the variance before the square root.")
