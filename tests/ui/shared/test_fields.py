from __future__ import annotations

import pytest
from pydantic import BaseModel, Field

from bnn_designer.design import BLOCK_KINDS
from bnn_designer.design.blocks import BinaryConv, PoolBatchNorm
from bnn_designer.design.quantization import Quantizer
from bnn_designer.training.recipe import Recipe
from bnn_designer.ui.shared.fields import form_fields, parameters


@pytest.mark.parametrize("model", [*BLOCK_KINDS.values(), Recipe])
def test_every_field_has_a_widget_and_a_help(model: type[BaseModel]) -> None:
    specs = form_fields(model)
    assert {spec.name for spec in specs} == set(model.model_fields) - {"id", "kind", "body"}
    assert all(spec.help for spec in specs)


def test_what_a_form_knows_of_a_field() -> None:
    fields = {spec.name: spec for spec in form_fields(BinaryConv)}
    assert (fields["filters"].widget, fields["filters"].minimum, fields["filters"].maximum) == ("whole", 1, 65536)
    assert (fields["kernel_size"].widget, fields["kernel_size"].minimum) == ("pair", 1)
    assert (fields["padding"].widget, fields["padding"].choices) == ("choice", ("same", "valid"))
    assert (fields["input_quantizer"].optional, fields["padding"].optional) == (True, False)
    assert (fields["batch_norm"].widget, fields["batch_norm"].optional) == ("nested", True)
    assert fields["use_bias"].widget == "switch"


def test_an_optional_pair() -> None:
    strides = next(spec for spec in form_fields(PoolBatchNorm) if spec.name == "strides")
    assert (strides.widget, strides.optional, strides.maximum) == ("pair", True, 4096)


def test_people_meet_the_main_fields_first_and_the_label_last() -> None:
    names = [spec.name for spec in form_fields(BinaryConv)]
    assert names[0] == "filters"
    assert names[-1] == "label"


def test_a_field_without_a_widget_is_refused() -> None:
    class Odd(BaseModel):
        names: list[str] = Field(default_factory=list)

    with pytest.raises(TypeError, match="field names: there is no widget"):
        form_fields(Odd)


def test_a_quantizer_is_chosen_among_those_that_fit_its_operand() -> None:
    fields = {spec.name: spec for spec in form_fields(BinaryConv)}
    inputs, kernels = fields["input_quantizer"], fields["kernel_quantizer"]
    assert (inputs.widget, inputs.optional) == ("named", True)
    assert set(kernels.choices) - set(inputs.choices) == {"magnitude_aware_sign", "xnor_weight_scale", "dorefa_sign"}


def test_a_quantizer_shows_only_its_own_parameters() -> None:
    def names(quantizer: str) -> list[str]:
        return [spec.name for spec in parameters(Quantizer, quantizer)]

    assert (names("ste_sign"), names("dorefa"), names("approx_sign")) == (["clip_value"], ["k_bit"], [])
