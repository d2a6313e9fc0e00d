from __future__ import annotations

from dataclasses import replace

import pytest

from bnn_designer.cost import DeployedCost, DeployOptions, cost
from bnn_designer.design import BLOCK_KINDS, Block, Design, apply_edit, walk
from bnn_designer.design import blocks as b
from bnn_designer.design.edits import Update
from bnn_designer.design.moves import new_block
from bnn_designer.design.presets import preset
from bnn_designer.ui.design.field_costs import field_costs
from bnn_designer.ui.shared.fields import FieldSpec, form_fields
from bnn_designer.units import bytes_text

OPTIONS = DeployOptions()
MINUS = "\N{MINUS SIGN}"


def spec_of(block: Block, name: str) -> FieldSpec:
    return next(spec for spec in form_fields(type(block)) if spec.name == name)


def lines(design: Design, name: str, *block_ids: str, options: DeployOptions = OPTIONS) -> dict[str, str]:
    """What each other value costs, by the value."""
    found = field_costs(design, block_ids, spec_of(design.find(block_ids[0]), name), options)
    return dict(line.split(": ", 1) for line in found)


def file_bytes(design: Design, options: DeployOptions = OPTIONS) -> int:
    deployed = cost(design, options).deployed
    assert isinstance(deployed, DeployedCost)
    return deployed.file_bytes


def network(*blocks: Block) -> Design:
    return Design(
        input_shape=(8, 8, 3),
        blocks=(b.Conv(id="stem", filters=32), *blocks, b.GlobalPool(id="pool"), b.Head(id="end")),
    )


def test_the_double_and_the_half_of_a_number_cost_what_they_then_cost() -> None:
    design = network(b.BinaryConv(id="one", filters=32))
    found = lines(design, "filters", "one")
    assert list(found) == ["64", "16"]
    for value, sign in ((64, "+"), (16, MINUS)):
        changed = apply_edit(design, Update(block_id="one", changes={"filters": value}))
        difference = abs(file_bytes(changed) - file_bytes(design))
        assert f"File {sign}{bytes_text(difference)}" in found[str(value)]
        # 3 x 3 on 32 channels at 8 x 8 places
        assert f"Binary MACs {sign}{abs(value - 32) * 9 * 32 * 64 / 1000:.0f} K" in found[str(value)]


def test_numbers_stay_within_their_bounds() -> None:
    assert list(lines(network(b.BinaryConv(id="one", filters=1)), "filters", "one")) == ["2"]
    huge = Design(blocks=(b.Conv(id="huge", filters=65536),))
    assert list(lines(huge, "filters", "huge")) == ["32768"]


def test_near_windows_of_a_pair() -> None:
    design = network(b.BinaryConv(id="one", filters=32))
    assert list(lines(design, "kernel_size", "one")) == ["5 x 5", "1 x 1", "4 x 4"]
    assert list(lines(design, "strides", "one")) == ["3 x 3", "2 x 2"]


def test_near_widths_of_a_series() -> None:
    conv = b.Conv(id="conv", filters=8, kernel_size=(1, 5))
    design = Design(input_shape=(1, 64, 3), blocks=(conv, b.GlobalPool(), b.Head()))
    spec = replace(spec_of(conv, "kernel_size"), widget="width")
    found = dict(line.split(": ", 1) for line in field_costs(design, ("conv",), spec, OPTIONS))
    assert list(found) == ["7", "3", "6"]
    # 2 more weights for each of 3 inputs and 8 filters, at 64 places
    assert f"Float MACs +{2 * 3 * 8 * 64:,}" in found["7"]


def test_every_other_choice_and_the_other_side_of_a_switch() -> None:
    design = network(b.BinaryConv(id="one", filters=32, activation="relu"), b.PoolBatchNorm(id="max"))
    assert list(lines(design, "pool", "max")) == ["average", "global average"]
    assert list(lines(design, "padding", "one")) == ["valid"]
    assert list(lines(design, "use_bias", "one")) == ["on"]
    assert "none" in lines(design, "activation", "one")
    assert "relu" not in lines(design, "activation", "one")
    quantizers = lines(design, "input_quantizer", "one")
    assert "none" in quantizers
    assert "ste sign" not in quantizers
    assert len(quantizers) == 6  # no more than these are tried


def test_a_value_that_costs_the_same_says_so() -> None:
    design = network(b.BinaryConv(id="one", filters=32))
    assert lines(design, "input_quantizer", "one")["approx sign"] == "no change"


def test_a_value_that_is_refused_or_breaks_the_network_says_why() -> None:
    design = network(b.BinaryConv(id="one", filters=32, padding="valid", kernel_size=7), b.Conv(filters=8, groups=4))
    assert "is larger than its input" in lines(design, "kernel_size", "one")["9 x 9"]
    grouped = network(b.Conv(id="grouped", filters=8, groups=8))
    assert lines(grouped, "filters", "grouped")["4"] != "no change"
    assert "groups" in lines(grouped, "filters", "grouped")["4"]


def test_several_blocks_are_changed_together() -> None:
    design = network(b.BinaryConv(id="one", filters=32), b.BinaryConv(id="two", filters=32))
    both = apply_edit(design, Update(block_id="one", changes={"filters": 64}))
    both = apply_edit(both, Update(block_id="two", changes={"filters": 64}))
    assert f"File +{bytes_text(file_bytes(both) - file_bytes(design))}" in lines(design, "filters", "one", "two")["64"]


def test_how_the_design_is_deployed_is_taken_into_account() -> None:
    design, floats = preset("binarynet"), DeployOptions(binary_dense="float")
    smaller = apply_edit(design, Update(block_id="binary_dense_1", changes={"units": 512}))
    for options in (OPTIONS, floats):
        difference = file_bytes(design, options) - file_bytes(smaller, options)
        assert (
            f"File {MINUS}{bytes_text(difference)}" in lines(design, "units", "binary_dense_1", options=options)["512"]
        )


def test_of_an_unfinished_design_the_weights_change() -> None:
    design = Design(input_shape=(8, 8, 3), blocks=(b.Conv(id="stem", filters=8),))
    assert lines(design, "filters", "stem")["16"] == f"Weights +{8 * 27 * 4} B, MACs +{8 * 27 * 64 / 1000:.1f} K"


@pytest.mark.parametrize("kind", BLOCK_KINDS)
def test_every_field_of_every_kind_can_be_asked_about(kind: str) -> None:
    design = Design(blocks=(new_block(BLOCK_KINDS[kind], 32), b.Head()))
    block = design.blocks[0]
    for spec in form_fields(type(block)):
        for line in field_costs(design, (block.id,), spec, OPTIONS):
            assert ": " in line
            assert "None" not in line


def test_every_block_of_a_network_can_be_asked_about() -> None:
    design = preset("quicknet")
    for _, block in list(walk(design.blocks))[:12]:
        for spec in form_fields(type(block)):
            before = design.to_json()
            field_costs(design, (block.id,), spec, OPTIONS)
            assert design.to_json() == before
