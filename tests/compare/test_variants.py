"""Variants: what each makes of a design, which states they come in, and that edits alone make them."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings

from bnn_designer.advisor import advise
from bnn_designer.compare import FIGURES, VARIANTS, Outcome, Unknown, what_if
from bnn_designer.cost import cost
from bnn_designer.design import Design, apply_edit, walk
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import PRESETS, preset
from tests.strategies import networks

NORM = b.BatchNormOptions()


def outcomes(design: Design) -> dict[str, Outcome]:
    return {outcome.variant.name: outcome for outcome in what_if(design).outcomes}


def test_there_are_twelve() -> None:
    assert len(VARIANTS) == len({variant.name for variant in VARIANTS}) == 12


def test_first_and_last_layer_of_binarynet() -> None:
    found = outcomes(preset("binarynet"))
    # Larq's weights: 3*3*3*128 and 1024*10 numbers, of 1 bit as they are.
    bits = 3 * 3 * 3 * 128 + 1024 * 10
    assert found["ends-float"].difference is not None
    assert found["ends-float"].difference["larq_bytes"] == bits * (32 - 1) // 8
    assert found["ends-8-bit"].difference is not None
    assert found["ends-8-bit"].difference["larq_bytes"] == bits * (8 - 1) // 8
    # The first one's products were of floats, which count as much; the last one's of bits.
    assert found["ends-8-bit"].difference["ops"] == 1024 * 10 * (1 - 1 / 64)
    assert not isinstance(found["ends-8-bit"].difference["file_bytes"], Unknown)
    assert found["ends-binary"].difference is not None
    ops = found["ends-binary"].difference["ops"]
    assert ops == 3 * 3 * 3 * 128 * 30 * 30 * (1 / 64 - 1)


def test_a_float_head_becomes_a_binary_dense_layer() -> None:
    found = outcomes(preset("bi-real-cifar"))
    assert found["ends-float"].state == "same"
    binary = found["ends-binary"].design
    assert binary is not None
    assert [block.kind for _, block in walk(binary.blocks)][-2:] == ["binary_dense", "head"]
    assert isinstance(binary.blocks[0], b.BinaryConv)


def test_shortcuts() -> None:
    body = tuple(b.Shortcut(body=(b.BinaryConv(filters=32, batch_norm=NORM),)) for _ in range(4))
    design = Design(blocks=(b.Conv(filters=32, batch_norm=NORM), *body, b.GlobalPool(), b.Head()))
    found = outcomes(design)
    kinds = {
        name: [block.kind for _, block in walk(outcome.design.blocks)][1:-2]
        for name, outcome in found.items()
        if name.startswith("shortcuts") and outcome.design is not None
    }
    assert kinds == {
        "shortcuts-none": ["binary_conv"] * 4,
        "shortcuts-every-two": ["shortcut", "binary_conv", "binary_conv"] * 2,
        "shortcuts-every-one": ["shortcut", "binary_conv"] * 4,
    }
    assert found["shortcuts-every-one"].state == "same"


def test_a_repeated_block_is_written_out_for_pairs() -> None:
    every_two = outcomes(preset("quicknet"))["shortcuts-every-two"].design
    assert every_two is not None
    bodies = [len(block.body) for _, block in walk(every_two.blocks) if isinstance(block, b.Shortcut)]
    assert bodies == [2] * 8  # 16 convolutions


def test_states_are_named_with_their_reasons() -> None:
    found = outcomes(preset("binary-densenet-28"))
    assert found["shortcuts-none"].state == "inapplicable"
    assert "concatenate" in found["shortcuts-none"].reason
    assert found["pad-zeros"].state == "same"
    assert found["batch-norm-first"].state == "same"
    assert set(found["pad-zeros"].difference.values()) == {0}  # type: ignore[union-attr]


@pytest.mark.parametrize("name", PRESETS)
def test_no_variant_of_a_preset_is_refused(name: str) -> None:
    assert not [outcome.reason for outcome in what_if(preset(name)).outcomes if outcome.state == "refused"]


@settings(max_examples=30)
@given(networks())
def test_edits_make_the_variant_and_costs_are_those_of_the_variant(design: Design) -> None:
    assume(advise(design)[:1] == () or advise(design)[0].rule != "design")
    found = what_if(design)
    assert found.to_data() == what_if(design).to_data()
    for outcome in found.outcomes:
        if outcome.design is None:
            assert outcome.reason
            continue
        changed = design
        for edit in outcome.edits:
            changed = apply_edit(changed, edit)
        assert changed == outcome.design
        assert outcome.totals is not None
        assert outcome.totals == {figure.name: figure.read(cost(changed)) for figure in FIGURES}
