from __future__ import annotations

import json
import math

import pytest
from hypothesis import given

from bnn_designer.cost import DeployOptions, cost
from bnn_designer.cost.partial import figures
from bnn_designer.design import Design, positions, walk
from bnn_designer.design import blocks as b
from bnn_designer.design.presets import preset
from bnn_designer.design.steps import STEPS, step_blocks
from bnn_designer.picture.outline import outline
from bnn_designer.ui.design.advice import by_block, findings, worst
from bnn_designer.ui.design.canvas.cards import Card, card_title, cards
from bnn_designer.ui.shared.look import PRECISION_COLORS, SEVERITY_SIGNS
from bnn_designer.units import bit_size_text, bytes_text
from tests.strategies import designs, networks

OPTIONS = DeployOptions()


def by_id(design: Design) -> dict[str, Card]:
    return {card["id"]: card for card in cards(design, OPTIONS)}


# ---- every block has a card


@given(designs())
def test_a_card_for_each_block_of_any_document_as_json_takes_it(design: Design) -> None:
    found = cards(design, OPTIONS)
    assert [(card["id"], card["parent"], card["kind"]) for card in found] == [
        (position.block.id, position.parent_id, position.block.kind) for position in positions(design.blocks)
    ]
    assert json.loads(json.dumps(found, allow_nan=False)) == list(found)
    assert sum("error" in card for card in found) <= 1


@given(designs())
def test_a_card_offers_the_steps_that_there_are(design: Design) -> None:
    for card in cards(design, OPTIONS):
        assert card["moves"] == [step for step in STEPS if step_blocks(design, (card["id"],), step) is not None]


# ---- figures


def small() -> Design:
    """A convolution, a binary one in a repetition, on an image of 8 x 8."""
    return Design(
        input_shape=(8, 8, 3),
        blocks=(
            b.Conv(id="stem", filters=8),
            b.Repeat(id="stage", times=2, body=(b.BinaryConv(id="inner", filters=8, batch_norm=b.BatchNormOptions()),)),
            b.GlobalPool(id="pool"),
            b.Head(id="end"),
        ),
    )


def test_the_figures_of_a_card() -> None:
    found = by_id(small())
    stem, inner, pool, head = (found[one] for one in ("stem", "inner", "pool", "end"))
    # kernels of 3 x 3 on 3 and on 8 channels at 8 x 8 places, the latter twice; a dense layer of 8 to 10 with biases
    macs = {"stem": 9 * 3 * 8 * 64, "inner": 2 * 9 * 8 * 8 * 64, "end": 8 * 10}
    assert [found[name]["share"] for name in macs] == [one / sum(macs.values()) for one in macs.values()]
    assert (stem["share_text"], inner["share_text"], head["share_text"]) == ("16 %", "84 %", "<1 %")
    assert (stem["shape"], inner["shape"], pool["shape"], head["shape"]) == ("8 x 8 x 8", "8 x 8 x 8", "8", "10")
    assert stem["weights"] == f"{9 * 3 * 8 * 4} B"
    # each of two: a bit for each weight of the kernel, two floats for each channel
    assert inner["weights"] == f"{2 * (9 * 8 * 8 // 8 + 2 * 8 * 4)} B"
    assert head["weights"] == f"{(8 * 10 + 10) * 4} B"
    assert (stem["letter"], inner["letter"], head["letter"]) == ("32", "1", "32")
    assert (stem["color"], inner["color"]) == (PRECISION_COLORS["float"], PRECISION_COLORS["binary"])


def test_what_a_block_adds_where_the_most_memory_is_needed() -> None:
    design = Design(input_shape=(8, 8, 3), blocks=(b.Conv(id="stem", filters=8), b.GlobalPool(), b.Head()))
    found = by_id(design)
    # it writes 8 * 8 * 8 floats, and unfolds its input before: 3 * 3 * 3 floats for each of 8 * 8 places
    own = 8 * 8 * 8 * 4 + 8 * 8 * 27 * 4
    assert found["stem"]["ram"] == f"+{bytes_text(own)}"
    assert cost(design).timeline.peak.live_bytes == 8 * 8 * 3 * 4 + own  # and the image
    assert not any("ram" in found[name] for name in ("global_pool_1", "head_1"))


@given(networks())
def test_the_shares_of_all_cards_are_the_whole(design: Design) -> None:
    shares = [card.get("share", 0.0) for card in cards(design, OPTIONS)]
    assert math.isclose(sum(shares), 1.0) or cost(design).larq.macs == 0


@given(networks())
def test_a_folded_card_has_the_sums_of_its_parts(design: Design) -> None:
    rows = {row.path: row for row in outline(design, figures(design))}
    macs = cost(design).larq.macs
    for path, block in walk(design.blocks):
        card = by_id(design)[block.id]
        assert ("within" in card) == isinstance(block, b.Container)
        if not isinstance(block, b.Container):
            continue
        parts = [row.sums for one, row in rows.items() if one == path or one.startswith(f"{path}/")]
        bits, peak = sum(part.memory_bits for part in parts), sum(part.peak_bytes for part in parts)
        within = card["within"]
        assert within.get("weights", "") == (bit_size_text(bits) if bits else "")
        assert within.get("ram", "") == (f"+{bytes_text(peak)}" if peak else "")
        assert math.isclose(within.get("share", 0.0), sum(part.macs for part in parts) / macs if macs else 0.0)
        assert card["folded"].rstrip(")").endswith(f"{len(parts) - 1} block{'' if len(parts) == 2 else 's'}")


@pytest.mark.parametrize(("rest", "text"), [(0, "100 %"), (1, "50 %"), (10, "9.1 %"), (99, "1.0 %"), (100, "<1 %")])
def test_a_share_as_people_read_it(rest: int, text: str) -> None:
    # of one number, one output: 1 MAC; and of that so many outputs: as many MACs
    layers = (b.Dense(id="one", units=1), *([b.Dense(units=rest)] if rest else []))
    blocks = (b.GlobalPool(), *layers, b.Head(classifier="none"))
    assert by_id(Design(input_shape=(1, 1, 1), classes=max(1, rest), blocks=blocks))["one"]["share_text"] == text


# ---- what is not known is left out


def test_behind_an_error_nothing_is_shown_and_the_error_is_on_its_card() -> None:
    broken = b.Conv(id="broken", filters=4, kernel_size=(64, 64), padding="valid")
    found = by_id(Design(blocks=(b.Conv(id="stem", filters=4), broken, b.PoolBatchNorm(id="pool"), b.Head(id="end"))))
    assert "error" not in found["stem"]
    assert found["stem"]["share"] == 1.0  # of what is known
    assert found["broken"]["error"].startswith("The kernel of 64 x 64 is larger than its input")
    assert found["broken"]["error"].endswith(".")
    assert ".." not in found["broken"]["error"]
    for name in ("broken", "pool", "end"):
        assert not {"shape", "weights", "share", "ram", "severity"} & set(found[name])
    # what a block is does not depend on what stands in front of it
    assert found["broken"]["letter"] == "32"


def test_a_block_without_weights_has_no_zero() -> None:
    flatten = by_id(preset("binarynet"))["flatten_1"]
    assert not {"weights", "share", "share_text", "precision", "letter", "main"} & set(flatten)


def test_an_empty_design_has_no_cards() -> None:
    assert cards(Design(), OPTIONS) == ()


# ---- advice, titles, what holds others


def test_a_card_has_the_worst_that_is_said_of_its_block() -> None:
    dead = Design(
        blocks=(
            b.Conv(filters=32, batch_norm={}, activation="relu"),
            b.BinaryConv(filters=32, batch_norm={}),
            b.GlobalPool(),
            b.Head(),
        )
    )
    said = by_block(findings(dead))
    found = by_id(dead)
    assert "error" in {card.get("severity") for card in found.values()}
    for block_id, card in found.items():
        mine = said.get(block_id, ())
        assert card.get("severity") == worst(mine)
        if mine:
            assert card["sign"] == SEVERITY_SIGNS[card["severity"]]
            assert card["finding"] in {one.message for one in mine if one.severity == card["severity"]}


@pytest.mark.parametrize(
    ("block", "title"),
    [
        (b.Conv(id="conv_3", filters=1), "Float conv 3"),
        (b.BinaryConv(id="binary_conv_12", filters=1), "Binary conv 12"),
        (b.Conv(id="stem", filters=1), "Float conv"),
        (b.BinaryConv(id="conv_3", filters=1), "Binary conv"),  # an id of another kind numbers nothing
        (b.Conv(id="conv_3", label="first", filters=1), "first"),
        (b.Conv(id="conv_3x", filters=1), "Float conv"),
        (b.PoolBatchNorm(id="pool_bn_2"), "Pool + batch norm 2"),
    ],
)
def test_titles(block: b.Block, title: str) -> None:
    assert card_title(block) == title


@pytest.mark.parametrize(
    ("holder", "folded", "foot", "beside"),
    [
        (b.Repeat(times=3, body=(b.Flatten(), b.Flatten())), "3 x (2 blocks)", "+ add", False),
        (b.Sequence(body=(b.Flatten(),)), "1 block", "+ add", False),
        (b.Shortcut(), "0 blocks", "⊕ added · + add", False),
        (b.Shortcut(merge="concatenate"), "0 blocks", "⧺ concatenated · + add", False),
        (b.Shortcut(merge="add_to_last_channels"), "0 blocks", "⊕ to last channels · + add", False),
        (b.Branches(body=(b.Sequence(body=(b.Flatten(),)),)), "2 blocks", "⊕ added · + path", True),
        (b.ChannelScaling(), "0 blocks", "⊗ scaled · + add", False),
    ],
)
def test_what_holds_others(holder: b.Container, folded: str, foot: str, beside: bool) -> None:
    card = cards(Design(blocks=(holder,)), OPTIONS)[0]
    assert (card["holds"], card["folded"], card["foot"], card["beside"]) == (True, folded, foot, beside)


def test_the_arc_of_a_shortcut_with_weights_of_its_own_is_dashed() -> None:
    def shortcut(strides: int) -> b.Shortcut:
        return b.Shortcut(id=f"by_{strides}", body=(b.BinaryConv(filters=8, strides=strides),))

    found = by_id(Design(blocks=(b.Conv(filters=8), shortcut(1), shortcut(2), b.GlobalPool(), b.Head())))
    assert (found["by_1"]["dashed"], found["by_2"]["dashed"]) == (False, True)


def test_another_width_of_weights_or_inputs_is_written() -> None:
    found = by_id(
        Design(
            blocks=(
                b.BinaryConv(id="weights", filters=8, input_quantizer=None),
                b.BinaryConv(id="inputs", filters=8, kernel_quantizer=None),
            )
        )
    )
    assert (found["weights"]["letter"], found["weights"]["precision"]) == ("W1 A32", "BWN")
    assert (found["inputs"]["letter"], found["inputs"]["precision"]) == ("W32 A1", "BAN")
