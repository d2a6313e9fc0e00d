"""Quantizers and kernel constraints: a name, and the few parameters that some names have.

What is known of a quantizer stands in one table, :data:`QUANTIZERS`.

In a file the name alone stands for a quantizer with its default parameters: ``"ste_sign"`` is
``{"name": "ste_sign", "clip_value": 1.0}``. Larq's names where Larq has the quantizer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from bnn_designer.design.fields import Number, Value
from bnn_designer.design.validation import broken_rule


@dataclass(frozen=True)
class QuantizerFacts:
    """What a quantizer of one name is.

    Attributes:
        meaning: what it computes, for the form's help.
        bits: of an element of its output; None: as many as the parameter ``k_bit`` says.
        gives_signs: whether the output is -1 and +1, so that XNOR and popcount can multiply with it.
        scales: whether the signs are times magnitudes of the kernel, so that only kernels can have it.
        parameters: the fields of :class:`Quantizer` that it has; the others keep their defaults.
        gradient_end: beyond which magnitude the gradient is 0; None: where ``clip_value`` says, or nowhere.
    """

    meaning: str
    bits: int | None = 1
    gives_signs: bool = True
    scales: bool = False
    parameters: tuple[str, ...] = ()
    gradient_end: float | None = None


#: Every quantizer, by the name that documents have. Keras' class of that name is in ``bnn_designer.nn``.
QUANTIZERS: dict[str, QuantizerFacts] = {
    "ste_sign": QuantizerFacts("sign, gradient 1 near zero", parameters=("clip_value",)),
    "approx_sign": QuantizerFacts("sign, triangular gradient (Bi-Real Net)", gradient_end=1.0),
    "swish_sign": QuantizerFacts("sign, smooth gradient (BNN+)", gradient_end=1.0),
    "magnitude_aware_sign": QuantizerFacts(
        "sign times each filter's mean magnitude, for kernels", scales=True, parameters=("clip_value",)
    ),
    "xnor_weight_scale": QuantizerFacts(
        "the same, with the gradient through sign and mean (XNOR-Net)", scales=True, gradient_end=1.0
    ),
    "dorefa_sign": QuantizerFacts("sign times the kernel's mean magnitude", scales=True),
    "ste_tern": QuantizerFacts("-1, 0, +1", bits=2, gives_signs=False, parameters=("clip_value",)),
    "dorefa": QuantizerFacts(
        "k_bit steps from 0 to 1 (kernels: -1 to 1)", bits=None, gives_signs=False, parameters=("k_bit",)
    ),
    "int8": QuantizerFacts("8 bits, symmetric", bits=8, gives_signs=False),
}

if TYPE_CHECKING:
    QuantizerName = str
else:  # a checker of types cannot read the names out of the table; pydantic, and the forms made of its types, can
    QuantizerName = Literal[tuple(QUANTIZERS)]


def _having(parameter: str) -> str:
    return ", ".join(name for name, facts in QUANTIZERS.items() if parameter in facts.parameters)


class _Named(Value):
    """A name with parameters, written as the name alone where the parameters are the defaults."""

    @model_serializer(mode="wrap")
    def _compact(self, serialize: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
        if info.mode != "json":
            return serialize(self)
        changed = {name: value for name, value in self if value != type(self).model_fields[name].default}
        name = dict(self)["name"]
        return {"name": name, **changed} if changed.keys() - {"name"} else name

    def __str__(self) -> str:
        """``ste_sign``, ``ste_sign(clip_value=1.3)``."""
        fields = dict(self)
        name = fields.pop("name")
        changed = [f"{key}={value:g}" for key, value in fields.items() if value != type(self).model_fields[key].default]
        return f"{name}({', '.join(changed)})" if changed else str(name)


class Quantizer(_Named):
    """What makes a tensor's elements a few bits wide, and which gradient it pretends to have."""

    name: QuantizerName = Field(
        "ste_sign",
        description=". ".join(f"{name}: {facts.meaning}" for name, facts in QUANTIZERS.items()) + ".",
    )
    clip_value: Number = Field(1.0, gt=0, le=1000, description=f"Where the gradient ends: of {_having('clip_value')}.")
    k_bit: Annotated[int, Field(strict=True)] = Field(2, ge=1, le=8, description=f"Bits of {_having('k_bit')}.")

    @model_validator(mode="after")
    def _only_own_parameters(self) -> Quantizer:
        for field in type(self).model_fields.keys() - {"name", *self.facts.parameters}:
            default = type(self).model_fields[field].default
            if getattr(self, field) != default:
                raise broken_rule(
                    "", f"{field} is not a parameter of the quantizer {self.name}", f"Leave {field} at {default:g}"
                )
        return self

    @property
    def facts(self) -> QuantizerFacts:
        """The row of :data:`QUANTIZERS`."""
        return QUANTIZERS[self.name]

    @property
    def bits(self) -> int:
        """Bits an element takes; a scale that comes with the signs is not counted, as Larq does not."""
        return self.k_bit if self.facts.bits is None else self.facts.bits

    @property
    def gradient_end(self) -> float | None:
        """Beyond which magnitude the gradient is 0; None: it does not end."""
        return self.clip_value if "clip_value" in self.facts.parameters else self.facts.gradient_end

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters that the name has, with their values."""
        return {field: getattr(self, field) for field in self.facts.parameters}


class KernelConstraint(_Named):
    """What is done to the latent weights after every step."""

    name: Literal["weight_clip"] = Field("weight_clip", description="weight_clip: no weight grows beyond clip_value.")
    clip_value: Number = Field(1.0, gt=0, le=1000, description="The largest magnitude left.")


def _from_name(value: Any) -> Any:
    """The name alone stands for the default parameters."""
    return {"name": value} if isinstance(value, str) else value


def _for_inputs(quantizer: Quantizer) -> Quantizer:
    if quantizer.facts.scales:
        rule = f"{quantizer.name} scales signs by a kernel's magnitudes, and is used as input_quantizer"
        raise broken_rule("", rule, "Use it as kernel_quantizer, and ste_sign or approx_sign for inputs")
    return quantizer


#: Types of fields.
KernelQuantizer = Annotated[Quantizer, BeforeValidator(_from_name)]
InputQuantizer = Annotated[Quantizer, BeforeValidator(_from_name), AfterValidator(_for_inputs)]
Constraint = Annotated[KernelConstraint, BeforeValidator(_from_name)]


def quantizer(value: Quantizer | str | None) -> Quantizer | None:
    """The quantizer that a name means; quantizers and None stay as they are."""
    return Quantizer.model_validate({"name": value}) if isinstance(value, str) else value


def constraint(value: KernelConstraint | str | None) -> KernelConstraint | None:
    """The constraint that a name means; constraints and None stay as they are."""
    return KernelConstraint.model_validate({"name": value}) if isinstance(value, str) else value
