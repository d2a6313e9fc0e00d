"""Designs in links: what is written is read again, and what is not a link of ours is refused in words."""

from __future__ import annotations

import base64
import hashlib
import tracemalloc
import zlib
from contextlib import suppress
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, Head, Repeat, Shortcut
from bnn_designer.design.links import (
    MAX_EXPANDED_BYTES,
    MAX_LINK_CHARS,
    design_in_link,
    design_in_text,
    is_link,
    link_text,
    link_to,
)
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.design.validation import MAX_BLOCKS
from bnn_designer.errors import DesignError
from tests.strategies import designs

ADDRESS = "http://localhost:8501/?draft=ab12#top"
# Written by the program as it was in November 2026; links that people keep must stay readable.
KEPT = (
    "eNp1Ts0KgzAMfpece9l2GX2VMUqsGQ3aVNpOEPHdjQx1h41ckny_MwhGAgsdDRUM-B5LoQL2ZqD4QBHdSLlwErBXA02ffKfoY4aO"
    "pVWdTzKq7sV9VR7YuwHe_-6iSIPVBycpR7DzsphDmWkg3DL5vD6K1E7fESWkXP37oO73T3LDgnly_2pFFoLlqXMWCYTt7r3t6qv4Cv3YW-4"
)


def packed(content: bytes) -> str:
    """Bytes as a link's text holds them."""
    return base64.urlsafe_b64encode(zlib.compress(content, 9)).rstrip(b"=").decode()


@given(designs())
def test_a_design_comes_back_out_of_its_text(design: Design) -> None:
    text = link_text(design)
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert design_in_text(text) == design


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_fits_into_a_link_that_mail_and_chats_carry(name: str) -> None:
    link = link_to(preset(name), ADDRESS)
    assert len(link) < 1500
    assert is_link(link)
    assert design_in_link(link) == preset(name)


def test_a_link_keeps_the_page_and_drops_its_parameters() -> None:
    text = link_text(preset("binarynet"))
    assert link_to(preset("binarynet"), ADDRESS) == f"http://localhost:8501/?design={text}"
    assert not is_link(ADDRESS)


def test_ids_stand_in_a_link_only_where_they_would_not_come_by_themselves() -> None:
    by_themselves = Design(blocks=(Conv(filters=8), Conv(filters=8)))
    own = Design(blocks=(Conv(id="conv_2", filters=8), Conv(id="conv_1", filters=8)))
    assert [block.id for block in by_themselves.blocks] == ["conv_1", "conv_2"]
    assert len(link_text(by_themselves)) < len(link_text(own))
    assert [block.id for block in design_in_text(link_text(own)).blocks] == ["conv_2", "conv_1"]


def test_line_breaks_of_a_mail_do_not_matter() -> None:
    text = link_text(preset("quicknet"))
    broken = "\r\n ".join(text[start : start + 60] for start in range(0, len(text), 60))
    assert design_in_text(broken + "==") == preset("quicknet")


@given(st.text(max_size=200) | st.binary(max_size=200).filter(lambda content: b"{" not in content).map(packed))
def test_any_other_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(DesignError, match=r"^link"):
        design_in_text(text)
    with pytest.raises(DesignError, match=r"^link"):
        design_in_link(f"http://localhost/?{urlencode({'design': text})}")


@given(st.data())
def test_a_link_with_a_letter_changed_or_cut_off_is_refused(data: st.DataObject) -> None:
    text = link_text(preset("bi-real-cifar"))
    place = data.draw(st.integers(0, len(text) - 2))  # the last letter has bits that mean nothing
    other = data.draw(st.sampled_from("Ab3-_").filter(lambda letter: letter != text[place]))
    for wrong in (text[:place], text[:place] + other + text[place + 1 :]):
        with suppress(DesignError):
            # the bits behind the end of what is compressed mean nothing either
            assert design_in_text(wrong) == preset("bi-real-cifar")


def test_a_small_text_does_not_expand_to_gigabytes() -> None:
    bomb = packed(b" " * 20_000_000)
    assert len(bomb) < MAX_LINK_CHARS
    tracemalloc.start()
    try:
        with pytest.raises(DesignError, match="larger than 2,000,000 bytes"):
            design_in_text(bomb)
        assert tracemalloc.get_traced_memory()[1] < 3 * MAX_EXPANDED_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "holds no design"),
        ("A" * (MAX_LINK_CHARS + 1), "longer than 32,000"),
        ("a+b/", "spelled in letters"),
        ("A", "a letter of it is missing"),
        ("AAAA", "changed on the way"),
        (packed(b"{}")[:-6], "its end is missing"),
        (base64.urlsafe_b64encode(zlib.compress(b"{}") + b"more").decode(), "something was added"),
        (packed(b"\xff\xfe"), "not text"),
        (packed(b"[1]"), "a design must be a JSON object"),
        (packed(b'{"schema_version": 99}'), "schema version 99"),
        (packed(b'{"blocks": [{"kind": "conv", "filters": 8}, {"kind": "oven"}]}'), "kind must be one of"),
    ],
)
def test_what_is_wrong_with_a_link_is_said(text: str, reason: str) -> None:
    with pytest.raises(DesignError, match=reason) as caught:
        design_in_text(text)
    assert str(caught.value).startswith("link")


def test_a_design_too_large_for_an_address_is_refused_when_the_link_is_made() -> None:
    labels = (hashlib.sha256(str(index).encode()).hexdigest() for index in range(MAX_BLOCKS))  # no two alike
    many = tuple(BinaryConv(filters=8, label=label) for label in labels)
    with pytest.raises(DesignError, match=r"a link holds 32,000.*Send its JSON file"):
        link_text(Design(blocks=many))
    same = Design(blocks=(Repeat(times=2, body=(BinaryConv(filters=8),) * (MAX_BLOCKS - 1)),))
    assert design_in_text(link_text(same)) == same


def test_a_link_that_was_kept_opens_what_it_opened_when_it_was_made() -> None:
    body = (Shortcut(body=(BinaryConv(id="mine", filters=8),)),)
    stem = Conv(filters=8, batch_norm=BatchNormOptions())
    assert design_in_text(KEPT) == Design(name="kept", classes=3, blocks=(stem, Repeat(times=2, body=body), Head()))
