"""A design in and out of the Design page: files, links, and the address."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from bnn_designer.design import Design
from bnn_designer.design.links import design_in_link, link_text
from bnn_designer.design.presets import preset
from bnn_designer.runs.drafts import Drafts
from bnn_designer.ui.shared.design_file import file_name
from tests.ui.conftest import OpenPage, field, texts

BAD_FILES = {
    "no text": (b"\xff\xfe", "not text"),
    "no JSON": (b"{", "not JSON"),
    "a list": (b"[1]", "a design must be a JSON object"),
    "no blocks": (b'{"blocks": 1}', "blocks"),
    "markup": (b'{"name": "<b>*x*</b>", "blocks": [{"kind": "oven"}]}', "kind must be one of"),
}


def _open_file_popover(app: AppTest) -> None:
    app.session_state["file"] = True
    app.run()


@pytest.mark.parametrize(("content", "reason"), BAD_FILES.values(), ids=BAD_FILES)
@pytest.mark.parametrize("place", ["start", "tools"])
def test_a_bad_file_says_what_is_wrong_and_changes_nothing(
    open_page: OpenPage, drafts: Drafts, place: str, content: bytes, reason: str
) -> None:
    draft = drafts.create(preset("binarynet"))
    app = open_page(draft=draft.id) if place == "tools" else open_page()
    if place == "tools":
        _open_file_popover(app)
    field(app.file_uploader, f"upload_{place}").upload("bad_1.json", content, "application/json").run()
    assert not app.exception
    (error,) = app.error
    assert reason in error.value.replace("\\", "")
    assert "bad\\_1\\.json" in error.value  # as it is, not as Markdown
    assert [item.id for item in drafts.recent()] == [draft.id]
    assert drafts.get(draft.id) == draft
    assert field(app.file_uploader, f"upload_{place}").value is None  # the mended file can be chosen again


@pytest.mark.parametrize("place", ["start", "tools"])
def test_choosing_a_file_opens_it_as_a_new_draft(open_page: OpenPage, drafts: Drafts, place: str) -> None:
    draft = drafts.create(preset("binarynet"))
    app = open_page(draft=draft.id) if place == "tools" else open_page()
    if place == "tools":
        _open_file_popover(app)
    content = b"\xef\xbb\xbf" + preset("vgg-small-bnn").to_json().encode()  # with a byte order mark
    field(app.file_uploader, f"upload_{place}").upload("net.json", content, "application/json").run()
    assert not app.exception
    assert not app.error
    opened = app.query_params["draft"]
    assert opened != draft.id
    assert drafts.get(opened).design == preset("vgg-small-bnn")
    assert drafts.get(draft.id) == draft
    app.run()
    assert len(drafts.recent()) == 2  # and once


def test_an_error_of_a_file_goes_with_the_next_good_one(open_page: OpenPage) -> None:
    app = open_page()
    field(app.file_uploader, "upload_start").upload("bad.json", b"{", "application/json").run()
    assert app.error
    good = preset("binarynet").to_json().encode()
    field(app.file_uploader, "upload_start").upload("good.json", good, "application/json").run()
    assert not app.error


def test_both_links_are_offered_and_say_whom_they_are_for(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("bi-real-cifar"))
    app = open_page(draft=draft.id)
    assert not app.code  # drawn when it is open
    _open_file_popover(app)
    to_draft, to_copy = (code.value for code in app.code)
    assert to_draft.endswith(f"/?draft={draft.id}")
    assert design_in_link(to_copy) == preset("bi-real-cifar")
    said = texts(app)
    assert "whoever can reach this server" in said
    assert "opens on any server" in said


def test_a_link_opens_its_design_as_a_new_draft_once(open_page: OpenPage, drafts: Drafts) -> None:
    text = link_text(preset("bi-real-cifar"))
    app = open_page(design=text)
    (draft,) = drafts.recent()
    assert app.query_params["draft"] == draft.id
    assert "design" not in app.query_params
    assert drafts.get(draft.id).design == preset("bi-real-cifar")
    app.query_params.clear()
    app.query_params["design"] = text  # the way back in the browser
    app.run()
    assert app.query_params["draft"] == draft.id
    assert len(drafts.recent()) == 1


def test_a_broken_link_is_said_and_what_was_open_stays(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("binarynet"))
    app = open_page(draft=draft.id, design=link_text(preset("quicknet"))[:-8])
    assert not app.exception
    assert "its end is missing" in app.error[0].value
    assert "design" not in app.query_params
    assert app.query_params["draft"] == draft.id
    assert len(drafts.recent()) == 1


def test_file_names_are_such_as_every_system_takes() -> None:
    assert file_name(Design(name="wide net/2: ß")) == "wide-net-2.json"
    assert file_name(Design(name="../..")) == "design.json"
