"""Quantizers and constraints as values: bits, parameters, and how files have them."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from bnn_designer.design import Design
from bnn_designer.design.blocks import BinaryConv
from bnn_designer.design.quantization import QUANTIZERS, KernelConstraint, Quantizer, constraint, quantizer


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


def test_the_names_of_documents_are_those_of_the_table() -> None:
    assert get_args(Quantizer.model_fields["name"].annotation) == tuple(QUANTIZERS)


@pytest.mark.parametrize("name", QUANTIZERS)
def test_every_name_has_bits_a_meaning_and_its_own_parameters(name: str) -> None:
    one = Quantizer(name=name)
    assert 1 <= one.bits <= 8
    assert one.parameters == {field: Quantizer.model_fields[field].default for field in one.facts.parameters}
    assert f"{name}: {one.facts.meaning}" in str(Quantizer.model_fields["name"].description)
    # Signs are one bit wide; a scale is one of signs.
    assert one.bits == 1 or not one.facts.gives_signs
    assert one.facts.gives_signs or not one.facts.scales


@pytest.mark.parametrize(
    ("value", "end"),
    [
        (Quantizer(), 1.0),
        (Quantizer(clip_value=1.3), 1.3),
        (Quantizer(name="approx_sign"), 1.0),
        (Quantizer(name="magnitude_aware_sign", clip_value=2), 2.0),
        (Quantizer(name="xnor_weight_scale"), 1.0),
        (Quantizer(name="dorefa_sign"), None),
        (Quantizer(name="dorefa"), None),
        (Quantizer(name="int8"), None),
    ],
)
def test_where_the_gradient_ends(value: Quantizer, end: float | None) -> None:
    assert value.gradient_end == end


def test_what_scales_a_kernel_is_refused_for_inputs() -> None:
    refused = set()
    for name in QUANTIZERS:
        try:
            BinaryConv.model_validate({"filters": 1, "input_quantizer": name})
        except ValidationError:
            refused.add(name)
    assert refused == {"magnitude_aware_sign", "xnor_weight_scale", "dorefa_sign"}


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
