"""The document: what it accepts, how it is written, and the ids of its blocks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.design import BLOCK_KINDS, Design, Position, load_design, positions, walk
from bnn_designer.design.blocks import RESERVED_IDS, BinaryConv, Conv, Dropout, Flatten, Head, Shortcut, children
from bnn_designer.design.presets import PRESETS, preset, summary
from bnn_designer.errors import BnnDesignerError, DesignError
from bnn_designer.graph.graph import INPUT_NAME
from tests.strategies import designs

# What a file may leave out or write shorter, and the blocks that it stands for.
GOOD_BLOCKS: list[tuple[dict[str, Any], Any]] = [
    ({"kind": "conv", "filters": 8}, Conv(id="conv_1", filters=8, kernel_size=(3, 3), strides=(1, 1))),
    ({"kind": "conv", "filters": 8, "kernel_size": 5}, Conv(id="conv_1", filters=8, kernel_size=(5, 5))),
    ({"kind": "conv", "filters": 8, "strides": [1, 2]}, Conv(id="conv_1", filters=8, strides=(1, 2))),
    ({"kind": "conv", "id": "stem", "filters": 65536}, Conv(id="stem", filters=65536)),
    ({"kind": "conv", "filters": 8, "batch_norm": None}, Conv(id="conv_1", filters=8)),
    (
        {"kind": "binary_conv", "filters": 1, "input_quantizer": None},
        BinaryConv(id="binary_conv_1", filters=1, input_quantizer=None),
    ),
    ({"kind": "shortcut", "body": []}, Shortcut(id="shortcut_1")),
    ({"kind": "flatten", "label": "äöü 中文 🙂"}, Flatten(id="flatten_1", label="äöü 中文 🙂")),
]


@pytest.mark.parametrize(("data", "block"), GOOD_BLOCKS)
def test_what_may_be_left_out(data: dict[str, Any], block: Any) -> None:
    assert Design.from_data({"blocks": [data]}).blocks == (block,)


def test_an_empty_object_is_an_empty_design() -> None:
    assert Design.from_json("{}") == Design()


@given(designs())
def test_json_round_trip(design: Design) -> None:
    text = design.to_json()
    again = Design.from_json(text)
    assert again == design
    assert again.to_json() == text
    assert text.isascii(), "any editor and any terminal can show it"


@given(designs())
def test_ids_are_unique_and_valid(design: Design) -> None:
    ids = [block.id for _, block in walk(design.blocks)]
    assert all(ids)
    assert len(set(ids)) == len(ids)
    assert not set(ids) & RESERVED_IDS


@given(designs(), st.data())
def test_find_and_path_of(design: Design, data: st.DataObject) -> None:
    for path, block in walk(design.blocks):
        assert design.find(block.id) == block
        assert design.path_of(block.id) == path
        assert path.split("/")[-1] == block.id
    with pytest.raises(DesignError, match="there is no block 'nobody'"):
        design.find("nobody")


def test_numbering_goes_on_in_reading_order_and_leaves_given_ids_alone() -> None:
    design = Design(
        blocks=(
            Conv(filters=1),
            Shortcut(body=(Conv(filters=1), Flatten(id="conv_3"))),
            Conv(filters=1),
            Conv(id="conv_2", filters=1),
        )
    )
    paths = [path for path, _ in walk(design.blocks)]
    assert paths == ["conv_1", "shortcut_1", "shortcut_1/conv_4", "shortcut_1/conv_3", "conv_5", "conv_2"]


def test_documents_are_values() -> None:
    design = Design(blocks=(Head(),))
    with pytest.raises(ValueError, match="frozen"):
        design.name = "other"  # type: ignore[misc]
    assert hash(design) == hash(Design.from_json(design.to_json()))


def test_every_kind_of_block_is_known_by_its_name() -> None:
    assert len(BLOCK_KINDS) == 21
    for name, block_type in BLOCK_KINDS.items():
        data: dict[str, Any] = {"kind": name}
        data |= {"filters": 4} if "filters" in block_type.model_fields else {}
        data |= {"units": 4} if "units" in block_type.model_fields else {}
        (block,) = Design.from_data({"blocks": [data]}).blocks
        assert type(block) is block_type
        assert block.id == f"{name}_1"
        undescribed = [field for field, info in block_type.model_fields.items() if not info.description]
        assert undescribed == ["kind"], "the pages and the command line show the description as help"


def test_the_image_s_name_in_the_graph_is_no_block_s() -> None:
    assert INPUT_NAME in RESERVED_IDS


@pytest.mark.parametrize("name", PRESETS)
def test_presets(name: str, tmp_path: Path) -> None:
    design = preset(name)
    assert design.name == name
    assert design == PRESETS[name](), "the same ids each time"
    sizes = [((32, 32, 3), 10), ((1, 128, 9), 6), ((224, 224, 3), 1000)]
    assert (design.input_shape, design.classes) in sizes
    path = tmp_path / "net.json"
    path.write_text(design.to_json())
    assert load_design(path) == design
    assert summary(name).endswith(".")


def test_bi_real_cifar_has_a_shortcut_around_every_binary_convolution() -> None:
    binary = [path for path, block in walk(preset("bi-real-cifar").blocks) if isinstance(block, BinaryConv)]
    assert len(binary) == 6
    assert all(path.count("/") == 1 and path.startswith("shortcut_") for path in binary)


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(BnnDesignerError, match="binarynet, bi-real-cifar, vgg-small-bnn"):
        preset("resnet")


def test_a_file_says_what_it_is() -> None:
    data = json.loads(Design(name="a", blocks=(Flatten(),)).to_json())
    assert list(data) == ["schema_version", "name", "input_shape", "classes", "blocks"]
    assert data["schema_version"] == 2


@given(designs())
def test_every_block_stands_at_its_position(design: Design) -> None:
    found = list(positions(design.blocks))
    assert [one.block for one in found] == [block for _, block in walk(design.blocks)]
    for one in found:
        assert design.position_of(one.block.id) == one
        assert one.siblings == (design.blocks if one.parent_id is None else children(design.find(one.parent_id)))
        path = design.path_of(one.block.id)
        assert path == (f"{design.path_of(one.parent_id)}/{one.block.id}" if one.parent_id else one.block.id)


def test_a_position_counts_from_the_first_block_of_its_row() -> None:
    inner = Shortcut(id="t", body=(Flatten(id="f"),))
    outer = Shortcut(id="s", body=(Dropout(id="d"), inner))
    design = Design(blocks=(Flatten(id="a"), outer))
    assert design.position_of("s") == Position(None, design.blocks, 1)
    assert design.position_of("t") == Position(outer, outer.body, 1)
    assert design.position_of("f") == Position(inner, inner.body, 0)
    assert design.position_of("f").parent_id == "t"
    with pytest.raises(DesignError, match="there is no block 'nobody'"):
        design.position_of("nobody")
