"""Quantizers and constraints as values: bits, parameters, and how files have them."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from bnn_designer.design import Design
from bnn_designer.design.blocks import BinaryConv
from bnn_designer.design.quantization import KernelConstraint, Quantizer, QuantizerName, constraint, quantizer


@pytest.mark.parametrize(
    ("value", "bits", "text", "data"),
    [
        (Quantizer(), 1, "ste_sign", "ste_sign"),
        (
            Quantizer(name="ste_sign", clip_value=1.3),
            1,
            "ste_sign(clip_value=1.3)",
            {"name": "ste_sign", "clip_value": 1.3},
        ),
        (Quantizer(name="approx_sign"), 1, "approx_sign", "approx_sign"),
        (Quantizer(name="swish_sign"), 1, "swish_sign", "swish_sign"),
        (Quantizer(name="magnitude_aware_sign"), 1, "magnitude_aware_sign", "magnitude_aware_sign"),
        (Quantizer(name="xnor_weight_scale"), 1, "xnor_weight_scale", "xnor_weight_scale"),
        (Quantizer(name="dorefa_sign"), 1, "dorefa_sign", "dorefa_sign"),
        (Quantizer(name="ste_tern"), 2, "ste_tern", "ste_tern"),
        (Quantizer(name="dorefa"), 2, "dorefa", "dorefa"),
        (Quantizer(name="dorefa", k_bit=4), 4, "dorefa(k_bit=4)", {"name": "dorefa", "k_bit": 4}),
        (Quantizer(name="int8"), 8, "int8", "int8"),
    ],
)
def test_a_quantizer(value: Quantizer, bits: int, text: str, data: Any) -> None:
    assert value.bits == bits
    assert str(value) == text
    assert value.model_dump(mode="json") == data
    assert value.model_dump() == {"name": value.name, "clip_value": value.clip_value, "k_bit": value.k_bit}
    conv = BinaryConv.model_validate({"filters": 1, "kernel_quantizer": data})
    assert conv.kernel_quantizer == value
    design = Design(blocks=(conv,))
    assert Design.from_json(design.to_json()) == design


def test_every_name_has_bits() -> None:
    assert all(1 <= Quantizer(name=name).bits <= 8 for name in get_args(QuantizerName))


def test_a_parameter_of_another_quantizer_is_refused() -> None:
    for bad in ({"name": "approx_sign", "clip_value": 1.3}, {"name": "ste_sign", "k_bit": 3}):
        with pytest.raises(ValidationError, match="is not a parameter of the quantizer"):
            Quantizer.model_validate(bad)


def test_a_constraint() -> None:
    assert KernelConstraint(clip_value=1.25).model_dump(mode="json") == {"name": "weight_clip", "clip_value": 1.25}
    assert KernelConstraint().model_dump(mode="json") == "weight_clip"


def test_names_stand_for_values() -> None:
    assert quantizer("approx_sign") == Quantizer(name="approx_sign")
    assert quantizer(Quantizer()) == Quantizer()
    assert quantizer(None) is None
    assert constraint("weight_clip") == KernelConstraint()
    assert constraint(None) is None
