"""Bad input: one DesignError each, which says where, what must be and what is, and how to mend it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bnn_designer.design import Design
from bnn_designer.design.blocks import Conv, Flatten, Shortcut
from bnn_designer.design.validation import MAX_BLOCKS, MAX_DEPTH, as_design_error
from bnn_designer.errors import DesignError
from tests.strategies import designs, json_values

CONV = {"kind": "binary_conv", "id": "conv_a", "filters": 8}


def nested(levels: int) -> dict[str, Any]:
    """A flatten block inside of ``levels - 1`` shortcuts."""
    block: dict[str, Any] = {"kind": "flatten"}
    for _ in range(levels - 1):
        block = {"kind": "shortcut", "body": [block]}
    return block


# The text, then parts of the message in their order.
BAD_TEXTS = {
    "empty": ("", ["design: this is empty"]),
    "blank": (" \n\t ", ["design: this is empty"]),
    "cut off": ('{"name": "a"', ["design, line 1, column 13", "not JSON"]),
    "trailing comma": ('{\n"name": "a",\n}', ["design, line ", "not JSON"]),
    "Python, not JSON": ("{'name': 'a'}", ["line 1, column 2", "not JSON"]),
    "two documents": ("{} {}", ["line 1, column 4", "not JSON"]),
    "control character": ('{"name": "a\x00"}', ["line 1", "not JSON"]),
    "byte order mark": ("\ufeff{}", ["not JSON", "BOM"]),
    "NaN": ("NaN", ["a design must be a JSON object, and this is NaN"]),
    "a list": ("[1, 2]", ["a design must be a JSON object, and this is a list"]),
    "a number": ("3", ["a design must be a JSON object, and this is 3"]),
    "a text": ('"x"', ['a design must be a JSON object, and this is "x"']),
    "null": ("null", ["a design must be a JSON object, and this is null"]),
    "true": ("true", ["a design must be a JSON object, and this is true"]),
    "100k brackets": ("[" * 100_000, ["nested too deeply"]),
    "100k closed brackets": ("[" * 100_000 + "]" * 100_000, ["nested too deeply"]),
    "100k objects": ('{"blocks":' * 100_000, ["nested too deeply"]),
    "100k shortcuts": ('{"blocks": [' + '{"kind": "shortcut", "body": [' * 100_000, ["nested too deeply"]),
    "200 shortcuts": (json.dumps({"blocks": [nested(200)]}), [f"nested more than {MAX_DEPTH} deep"]),
    "one level too many": (json.dumps({"blocks": [nested(MAX_DEPTH + 1)]}), [f"nested more than {MAX_DEPTH} deep"]),
    "1e6 blocks": ('{"blocks": [' + ",".join(['{"kind":"flatten"}'] * 10**6) + "]}", [f"more than {MAX_BLOCKS}"]),
    "a block too many": (
        json.dumps({"blocks": [{"kind": "flatten"}] * (MAX_BLOCKS + 1)}),
        [f"more than {MAX_BLOCKS} blocks"],
    ),
    "a number of 5000 digits": ('{"classes": ' + "9" * 5000 + "}", ["a number too long to read"]),
    "a number of 4000 digits": ('{"classes": ' + "9" * 4000 + "}", ["classes must be at most 65536", "a huge number"]),
    "a number of an infinite float": ('{"classes": 1e999}', ["classes must be a whole number", "Infinity"]),
    "half a character": ('{"name": "\\ud800"}', ["name must be a text of valid characters", '"\\ud800"']),
    "half a character as a field": ('{"\\ud800": 1}', ['"\\ud800"']),
}

# Fields of the document, then parts of the message.
BAD_FIELDS: list[tuple[dict[str, Any], list[str]]] = [
    ({"schema_version": 3}, ["schema version 3", "up to 2", "Update the program"]),
    ({"schema_version": 10**4000}, ["schema version a huge number", "up to 2"]),
    ({"schema_version": 0}, ["schema_version must be 2, and is 0"]),
    ({"schema_version": -1}, ["schema_version must be 2, and is -1"]),
    ({"schema_version": "1"}, ['schema_version must be 2, and is "1"']),
    ({"schema_version": 1.0}, ["schema_version must be 2, and is 1.0"]),
    ({"schema_version": True}, ["schema_version must be 2, and is true"]),
    ({"schema_version": None}, ["schema_version must be 2, and is null"]),
    ({"schema_version": [1]}, ["schema_version must be 2, and is [1]"]),
    ({"nmae": "x"}, ["nmae is not a known field", "Remove nmae"]),
    ({"a\nb": "x"}, ['"a\\nb" is not a known field']),
    ({"name": ""}, ['name must be a text of at least 1 character, and is ""']),
    ({"name": "x" * 81}, ["name must be a text of at most 80 characters", "(81 characters)"]),
    ({"name": 5}, ["name must be a text, and is 5"]),
    ({"name": None}, ["name must be a text, and is null"]),
    ({"input_shape": [32, 32]}, ["input_shape must be", "height, width and channels", "is [32, 32]"]),
    ({"input_shape": [32, 32, 3, 1]}, ["input_shape must be", "is [32, 32, 3, 1]"]),
    ({"input_shape": []}, ["input_shape must be", "is []"]),
    ({"input_shape": [1] * 10**5}, ["input_shape must be", "is a list of 100000"]),
    ({"input_shape": [32, 0, 3]}, ["input_shape[1] must be at least 1, and is 0"]),
    ({"input_shape": [32, 5000, 3]}, ["input_shape[1] must be at most 4096, and is 5000"]),
    ({"input_shape": [32, 32.0, 3]}, ["input_shape[1] must be a whole number, and is 32.0"]),
    ({"input_shape": [32, True, 3]}, ["input_shape[1] must be a whole number, and is true"]),
    ({"input_shape": "32x32x3"}, ["input_shape must be a list of three", '"32x32x3"']),
    ({"input_shape": None}, ["input_shape must be a list of three", "null"]),
    ({"classes": 0}, ["classes must be at least 1, and is 0"]),
    ({"classes": -3}, ["classes must be at least 1, and is -3"]),
    ({"classes": "10"}, ['classes must be a whole number, and is "10"']),
    ({"classes": True}, ["classes must be a whole number, and is true"]),
    ({"classes": math.nan}, ["classes must be a whole number, and is NaN"]),
    ({"classes": None}, ["classes must be a whole number, and is null"]),
    ({"blocks": None}, ["blocks must be a list of blocks, and is null"]),
    ({"blocks": {}}, ["blocks must be a list of blocks, and is an object"]),
    ({"blocks": "abc"}, ['blocks must be a list of blocks, and is "abc"']),
    ({"blocks": [None]}, ["block (number 1): ", "must be an object, and is null"]),
    ({"blocks": [CONV, 5]}, ["block (number 2): ", "must be an object, and is 5"]),
    ({"blocks": [[CONV]]}, ["block (number 1): ", "must be an object, and is a list of 1"]),
    ({"blocks": [CONV, CONV]}, ["conv_a: ", 'the id "conv_a" is already used', "Give every block its own id"]),
    (
        {"blocks": [CONV, {"kind": "shortcut", "id": "s", "body": [CONV]}]},
        ["s/conv_a: ", 'the id "conv_a" is already used', "conv_a has it too"],
    ),
]

# Fields of a binary conv with the id conv_a, then parts of the message behind "conv_a: ".
BAD_CONVS: list[tuple[dict[str, Any], list[str]]] = [
    *(
        ({"filters": value}, [f"filters must be at least 1, and is {value}", "Set filters to at least 1"])
        for value in (0, -1, -(10**9))
    ),
    ({"filters": 65537}, ["filters must be at most 65536, and is 65537"]),
    ({"filters": 10**30}, ["filters must be at most 65536, and is a huge number"]),
    *(
        ({"filters": value}, [f"filters must be a whole number, and is {shown}", "Correct filters"])
        for value, shown in [
            (1.5, "1.5"),
            (8.0, "8.0"),
            (True, "true"),
            ("8", '"8"'),
            (None, "null"),
            ([8], "[8]"),
            ({}, "an object"),
            (math.nan, "NaN"),
            (math.inf, "Infinity"),
            (-math.inf, "-Infinity"),
        ]
    ),
    ({"fliters": 8}, ["fliters is not a known field"]),
    ({"body": []}, ["body is not a known field"]),
    ({"kind": "conv3d"}, ["kind must be one of", "'binary_conv'", 'is "conv3d"']),
    ({"kind": 5}, ["kind must be one of", "is 5"]),
    ({"kind": None}, ["kind must be one of", "is null"]),
    ({"kind": ["conv"]}, ["kind must be one of", 'is ["conv"]']),
    ({"kernel_size": 0}, ["kernel_size", "must be at least 1, and is 0"]),
    ({"kernel_size": [3, 0]}, ["kernel_size[1] must be at least 1, and is 0"]),
    ({"kernel_size": [3]}, ["kernel_size must be a whole number, or a list of two (height and width), and is [3]"]),
    ({"kernel_size": [3, 3, 3]}, ["kernel_size must be", "is [3, 3, 3]"]),
    ({"kernel_size": 3.0}, ["kernel_size must be", "is 3.0"]),
    ({"kernel_size": True}, ["kernel_size must be", "is true"]),
    ({"kernel_size": "3x3"}, ["kernel_size must be", 'is "3x3"']),
    ({"strides": [1, -1]}, ["strides[1] must be at least 1, and is -1"]),
    ({"dilation": 4097}, ["dilation", "at most 4096, and is 4097"]),
    ({"padding": "full"}, ["padding must be 'same' or 'valid', and is \"full\""]),
    ({"pad_values": 2}, ["pad_values must be 0 or 1, and is 2"]),
    ({"pad_values": True}, ["pad_values must be 0 or 1, and is true"]),
    ({"pad_values": 1.0}, ["pad_values must be 0 or 1, and is 1.0"]),
    ({"input_quantizer": "sign"}, ["input_quantizer.name must be 'ste_sign', 'approx_sign',", 'and is "sign"']),
    ({"input_quantizer": 1}, ["input_quantizer must be an object, and is 1"]),
    ({"input_quantizer": {"name": "ste_sign", "clip_value": 0}}, ["input_quantizer.clip_value must be more than 0"]),
    ({"input_quantizer": {"name": "dorefa", "k_bit": 9}}, ["input_quantizer.k_bit must be at most 8, and is 9"]),
    ({"input_quantizer": {"name": "dorefa", "k_bit": True}}, ["k_bit must be a whole number, and is true"]),
    ({"input_quantizer": {"name": "dorefa", "clip_value": 2.0}}, ["clip_value is not a parameter", "dorefa"]),
    ({"input_quantizer": {"name": "ste_sign", "bits": 2}}, ["input_quantizer.bits is not a known field"]),
    ({"input_quantizer": "xnor_weight_scale"}, ["xnor_weight_scale scales signs", "Use it as kernel_quantizer"]),
    ({"kernel_constraint": "clip"}, ["kernel_constraint.name must be 'weight_clip', and is \"clip\""]),
    ({"groups": 0}, ["groups must be at least 1, and is 0"]),
    ({"activation": "gelu"}, ["activation must be 'relu', 'prelu', 'rprelu'", 'and is "gelu"']),
    ({"use_bias": "yes"}, ['use_bias must be true or false, and is "yes"']),
    ({"use_bias": 1}, ["use_bias must be true or false, and is 1"]),
    ({"use_bias": None}, ["use_bias must be true or false, and is null"]),
    ({"batch_norm": True}, ["batch_norm must be an object, and is true"]),
    ({"batch_norm": {"momentum": 1}}, ["batch_norm.momentum must be less than 1, and is 1"]),
    ({"batch_norm": {"momentum": math.nan}}, ["batch_norm.momentum must be", "is NaN"]),
    ({"batch_norm": {"momentum": "0.9"}}, ['batch_norm.momentum must be a number, and is "0.9"']),
    ({"batch_norm": {"epsilon": 0}}, ["batch_norm.epsilon must be more than 0, and is 0"]),
    ({"batch_norm": {"epsilon": math.inf}}, ["batch_norm.epsilon must be at most 1, and is Infinity"]),
    ({"batch_norm": {"gamma": True}}, ["batch_norm.gamma is not a known field"]),
    ({"label": "x" * 81}, ["label must be a text of at most 80 characters"]),
    ({"label": 3}, ["label must be a text, and is 3"]),
]

BAD_IDS = ["a/b", "a.b", "1a", "_a", "-", "a b", "a\n", "ä", "a" * 65, " "]


def refused(data: Any) -> DesignError:
    with pytest.raises(DesignError) as caught:
        Design.from_json(data if isinstance(data, str) else json.dumps(data))
    error = caught.value
    assert error.path
    assert error.rule
    assert error.mend
    assert "\n" not in str(error)
    assert len(str(error)) < 500, "a message is read by people"
    return error


def read(text: str) -> Design | DesignError:
    """The design or the refusal; anything else that is raised goes through."""
    try:
        return Design.from_json(text)
    except DesignError as error:
        return error


def assert_in_order(message: str, parts: list[str]) -> None:
    place = 0
    for part in parts:
        assert part in message[place:], message
        place = message.index(part, place) + len(part)


@pytest.mark.parametrize(("text", "parts"), BAD_TEXTS.values(), ids=BAD_TEXTS)
def test_bad_text(text: str, parts: list[str]) -> None:
    assert_in_order(str(refused(text)), parts)


@pytest.mark.parametrize(("data", "parts"), BAD_FIELDS)
def test_bad_field_of_the_document(data: dict[str, Any], parts: list[str]) -> None:
    assert_in_order(str(refused(data)), parts)


@pytest.mark.parametrize(("changes", "parts"), BAD_CONVS)
def test_bad_field_of_a_block(changes: dict[str, Any], parts: list[str]) -> None:
    assert_in_order(str(refused({"blocks": [CONV | changes]})), ["conv_a: ", *parts])


@pytest.mark.parametrize("block_id", BAD_IDS)
def test_bad_id(block_id: str) -> None:
    error = refused({"blocks": [CONV | {"id": block_id}]})
    assert_in_order(str(error), ["binary_conv (number 1): id must be at most 64 letters, digits"])


def test_the_id_of_the_image_is_kept() -> None:
    """The graph has a tensor of that name; a block of the same name would hide it."""
    assert 'the id "input" is reserved' in str(refused({"blocks": [CONV | {"id": "input"}]}))


def test_missing_fields() -> None:
    assert str(refused({"blocks": [{"kind": "dense"}]})).startswith("dense (number 1): units is missing")
    assert str(refused({"blocks": [{"filters": 3}]})).startswith("block (number 1): kind is missing")


@pytest.mark.parametrize(
    ("blocks", "path"),
    [
        ([CONV | {"filters": 0}], "conv_a"),
        ([{"kind": "shortcut", "id": "shortcut_2", "body": [CONV | {"filters": 0}]}], "shortcut_2/conv_a"),
        ([{"kind": "flatten"}, {"kind": "conv", "filters": 0}], "conv (number 2)"),
        (
            [CONV, {"kind": "shortcut", "body": [{"kind": "flatten"}, {"kind": "conv", "filters": 0}]}],
            "shortcut (number 2)/conv (number 2)",
        ),
        ([{"kind": "batch_norm", "id": "n", "batch_norm": {"momentum": 2}}], "n"),
        ([{"kind": "activation", "id": "n", "function": "tanh"}], "n"),
    ],
)
def test_the_path_names_the_block(blocks: list[Any], path: str) -> None:
    assert refused({"blocks": blocks}).path == path


def test_a_field_named_like_a_kind_is_named_once() -> None:
    error = refused({"blocks": [{"kind": "batch_norm", "id": "n", "batch_norm": {"momentum": 2}}]})
    assert error.rule == "batch_norm.momentum must be less than 1, and is 2"


def test_the_source_stands_in_front_of_the_path() -> None:
    with pytest.raises(DesignError) as caught:
        Design.from_data({"blocks": [CONV | {"filters": 0}]}, source="net.json")
    assert caught.value.path == "net.json: conv_a"


def test_a_finding_without_words_of_its_own_is_still_told() -> None:
    """Whatever pydantic may find in a later version, the value and the field are named."""
    error = ValidationError.from_exception_data("Design", [{"type": "date_type", "loc": ("name",), "input": 5}])
    assert_in_order(str(as_design_error(error, {"name": 5})), ["design: name is 5", "Correct name"])


def test_limits_hold_for_documents_made_in_python() -> None:
    """Whatever can be made can be saved and read again."""
    block: Any = Flatten()
    for _ in range(MAX_DEPTH):
        block = Shortcut(body=(block,))
    with pytest.raises(ValidationError, match=f"more than {MAX_DEPTH} deep"):
        Design(blocks=(block,))
    with pytest.raises(ValidationError, match=f"more than {MAX_BLOCKS} blocks"):
        Design(blocks=(Flatten(),) * (MAX_BLOCKS + 1))
    with pytest.raises(ValidationError, match="is already used"):
        Design(blocks=(Conv(id="a", filters=1), Conv(id="a", filters=1)))


def test_documents_at_the_limits_are_read() -> None:
    deepest = Design.from_data({"blocks": [nested(MAX_DEPTH)]})
    assert Design.from_json(deepest.to_json()) == deepest
    longest = Design.from_data({"blocks": [{"kind": "flatten"}] * MAX_BLOCKS})
    assert longest.blocks[-1].id == f"flatten_{MAX_BLOCKS}"
    assert Design.from_json(longest.to_json()) == longest


@given(json_values)
def test_any_json_value_is_a_design_or_refused(value: Any) -> None:
    assert str(read(json.dumps(value)))


@given(st.text(max_size=60))
def test_any_text_is_a_design_or_refused(text: str) -> None:
    assert str(read(text))


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container with every key in it, so that any part of a document can be changed."""
    if isinstance(value, dict):
        return [(value, key) for key in value] + [place for inner in value.values() for place in _places(inner)]
    if isinstance(value, list):
        return [(value, index) for index in range(len(value))] + [p for inner in value for p in _places(inner)]
    return []


@given(designs(max_blocks=3), st.data())
def test_any_change_of_a_document_is_a_design_or_refused(design: Design, data: st.DataObject) -> None:
    """Wherever a valid document is changed to whatever, a field left out or one too many: a design or a DesignError."""
    document = json.loads(design.to_json())
    for _ in range(data.draw(st.integers(1, 3))):
        places = _places(document)
        if not places:
            break
        container, key = data.draw(st.sampled_from(places))
        what = data.draw(st.sampled_from(["change", "change", "remove", "add"]))
        if what == "change":
            container[key] = data.draw(json_values)
        elif what == "remove":
            del container[key]
        elif isinstance(container, dict):
            container[data.draw(st.text(max_size=8))] = data.draw(json_values)
        else:
            container.append(data.draw(json_values))
    result = read(json.dumps(document))
    if isinstance(result, Design):
        assert Design.from_json(result.to_json()) == result
    else:
        assert result.path
        assert "\n" not in str(result)
        assert len(str(result)) < 1000
