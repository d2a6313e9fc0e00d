"""Quantizers and kernel constraints: a name, and the few parameters that some names have.

In a file the name alone stands for a quantizer with its default parameters: ``"ste_sign"`` is
``{"name": "ste_sign", "clip_value": 1.0}``. Larq's names where Larq has the quantizer.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

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

QuantizerName = Literal[
    "ste_sign",
    "approx_sign",
    "swish_sign",
    "magnitude_aware_sign",
    "xnor_weight_scale",
    "dorefa_sign",
    "ste_tern",
    "dorefa",
    "int8",
]

#: Bits of an element of the output, where they do not depend on a parameter.
_BITS: dict[str, int] = dict.fromkeys(get_args(QuantizerName), 1) | {"ste_tern": 2, "int8": 8}
#: The parameters that a name has; the others keep their defaults.
_PARAMETERS: dict[str, tuple[str, ...]] = {
    "ste_sign": ("clip_value",),
    "magnitude_aware_sign": ("clip_value",),
    "ste_tern": ("clip_value",),
    "dorefa": ("k_bit",),
}
#: These scale the signs by the kernel's magnitudes, so they make no sense for inputs.
_KERNEL_ONLY = frozenset({"magnitude_aware_sign", "xnor_weight_scale", "dorefa_sign"})


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
        description="ste_sign: sign, gradient 1 near zero. approx_sign: its gradient is a triangle (Bi-Real Net). "
        "swish_sign: a smooth one (BNN+). magnitude_aware_sign, xnor_weight_scale: sign times each filter's mean "
        "magnitude, for kernels. dorefa_sign: sign times the kernel's mean magnitude. ste_tern: -1, 0, +1. dorefa: "
        "k_bit steps from 0 to 1 (kernels: -1 to 1). int8: 8 bits, symmetric.",
    )
    clip_value: Number = Field(
        1.0, gt=0, le=1000, description="Where the gradient ends: of ste_sign, magnitude_aware_sign and ste_tern."
    )
    k_bit: Annotated[int, Field(strict=True)] = Field(2, ge=1, le=8, description="Bits of dorefa.")

    @model_validator(mode="after")
    def _only_own_parameters(self) -> Quantizer:
        own = _PARAMETERS.get(self.name, ())
        for field in ("clip_value", "k_bit"):
            default = Quantizer.model_fields[field].default
            if field not in own and getattr(self, field) != default:
                raise broken_rule(
                    "", f"{field} is not a parameter of the quantizer {self.name}", f"Leave {field} at {default:g}"
                )
        return self

    @property
    def bits(self) -> int:
        """Bits an element takes; a scale that comes with the signs is not counted, as Larq does not."""
        return self.k_bit if self.name == "dorefa" else _BITS[self.name]


class KernelConstraint(_Named):
    """What is done to the latent weights after every step."""

    name: Literal["weight_clip"] = Field("weight_clip", description="weight_clip: no weight grows beyond clip_value.")
    clip_value: Number = Field(1.0, gt=0, le=1000, description="The largest magnitude left.")


def _from_name(value: Any) -> Any:
    """The name alone stands for the default parameters."""
    return {"name": value} if isinstance(value, str) else value


def _for_inputs(quantizer: Quantizer) -> Quantizer:
    if quantizer.name in _KERNEL_ONLY:
        rule = f"{quantizer.name} scales signs by a kernel's magnitudes, and stands as input_quantizer"
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
