"""The words that pages share."""

from __future__ import annotations

import re

import pytest

from bnn_designer.cost.partial import figures
from bnn_designer.design import Design
from bnn_designer.design.blocks import BLOCK_KINDS, BinaryConv, Branches, Conv, Head, Sequence, Shortcut
from bnn_designer.ui.shared.fields import form_fields
from bnn_designer.ui.shared.look import error_text, kind_help


@pytest.mark.parametrize("kind", BLOCK_KINDS)
def test_a_kind_is_explained_in_one_sentence_of_plain_words(kind: str) -> None:
    text = kind_help(kind)
    assert 30 <= len(text) <= 120
    assert text.endswith(".")
    assert not re.search(r"[a-z]_[a-z]", text), "a field of the document"
    assert "guide" not in text


@pytest.mark.parametrize(
    "block",
    [
        Shortcut(body=(BinaryConv(filters=8),), on_shape_change="refuse"),
        Shortcut(body=(BinaryConv(filters=24),), on_shape_change="average_pool_duplicate"),
        Branches(body=(Conv(filters=8), Sequence())),
    ],
)
def test_an_error_names_a_field_as_its_form_does(block: Shortcut | Branches) -> None:
    labels = {spec.name: spec.label for model in BLOCK_KINDS.values() for spec in form_fields(model)}
    error = figures(Design(blocks=(Conv(filters=16), block, Head()))).error
    assert error is not None
    text = error_text(error).replace("\\", "")
    named = [name for name in labels if "_" in name and re.search(rf"\b{name}\b", text)]
    assert named == ["on_shape_change"]
    assert all(labels[name] in text for name in named)
