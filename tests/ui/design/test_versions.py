from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from bnn_designer.design import Design, apply_edit
from bnn_designer.design.blocks import Conv, Head
from bnn_designer.design.edits import Edit, Update, UpdateDesign
from bnn_designer.runs.drafts import Drafts
from tests.ui.components import do
from tests.ui.conftest import OpenPage, texts

DESIGN = Design(name="mine", blocks=(Conv(filters=8), Conv(filters=16), Head()))


def with_versions(open_page: OpenPage, draft_id: str, **parameters: str) -> AppTest:
    """The page with the list of versions open."""
    app = open_page(draft=draft_id, **parameters)
    app.session_state["versions"] = True  # as a press on it does
    app.run()
    return app


def compared(app: AppTest) -> list[str]:
    """The words of the links to the Compare page."""
    return [one.proto.label for one in app.get("page_link") if "to now" in one.proto.label]


def keep(app: AppTest, name: str) -> None:
    app.text_input(key="version_name").set_value(name)
    app.button(key="version_keep").click().run()
    assert not app.exception


def test_a_version_is_kept_and_come_back_to(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(DESIGN)
    app = with_versions(open_page, draft.id, block="conv_2")
    assert "None yet" in texts(app)
    keep(app, "  before *all* ")
    (version,) = drafts.snapshots(draft.id)
    assert version.name == "before *all*"
    assert "before \\*all\\*" in texts(app)
    assert "3 blocks · as it is now" in texts(app)
    assert app.text_input(key="version_name").value == ""
    do(app, {"kind": "remove", "ids": ["conv_2"]})
    assert compared(app) == ["1 difference to now"]
    # to the Compare page: the version as the reference, the draft beside it, which stays that of the tab
    (link,) = [one.proto for one in app.get("page_link") if "difference" in one.proto.label]
    asked = parse_qs(link.query_string)
    assert asked["draft"] == [draft.id]
    assert asked["designs"] == [f"version:{version.id},draft:{draft.id}"]
    other = open_page("compare", **{name: values[0] for name, values in asked.items()})
    assert not other.warning
    assert other.multiselect[0].value == [f"version:{version.id}", f"draft:{draft.id}"]
    app.button(key=f"restore_{version.id}").click().run()
    assert not app.exception
    assert drafts.get(draft.id).design == DESIGN
    assert "as it is now" in texts(app)
    do(app, {"kind": "undo"})
    assert len(drafts.get(draft.id).design.blocks) == 2


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (Update(block_id="conv_1", changes={"filters": 9}), "1 difference to now"),
        (UpdateDesign(changes={"classes": 100}), "1 difference to now"),
        (UpdateDesign(changes={"input_shape": (8, 8, 3)}), "1 difference to now"),
        (UpdateDesign(changes={"name": "other"}), "1 difference to now"),
        (UpdateDesign(changes={"classes": 100, "input_shape": (8, 8, 3)}), "2 differences to now"),
        (Update(block_id="conv_1", changes={"label": "stem"}), "other labels than now"),
    ],
)
def test_how_far_the_draft_is_from_it(open_page: OpenPage, drafts: Drafts, edit: Edit, text: str) -> None:
    draft = drafts.create(DESIGN)
    drafts.snapshot(draft.id, "kept")
    drafts.change(draft.id, lambda design: apply_edit(design, edit))
    app = with_versions(open_page, draft.id)
    assert text in (texts(app) if "labels" in text else compared(app))


def test_versions_are_listed_with_the_newest_first_and_forgotten(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(DESIGN)
    app = with_versions(open_page, draft.id)
    for name in ("one", "two"):
        keep(app, name)
    said = texts(app)
    assert said.index("**two**") < said.index("**one**")
    newest = drafts.snapshots(draft.id)[0]
    app.button(key=f"forget_{newest.id}").click().run()
    assert [one.name for one in drafts.snapshots(draft.id)] == ["one"]
    assert "**two**" not in texts(app)


@pytest.mark.parametrize("name", ["", "   "])
def test_a_version_without_a_name_is_refused(open_page: OpenPage, drafts: Drafts, name: str) -> None:
    draft = drafts.create(DESIGN)
    app = with_versions(open_page, draft.id)
    keep(app, name)
    assert any("1 to 80 characters" in error.value for error in app.error)
    assert drafts.snapshots(draft.id) == []


def test_a_press_on_a_version_that_was_forgotten_changes_nothing(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(DESIGN)
    version = drafts.snapshot(draft.id, "kept")
    app = with_versions(open_page, draft.id)
    drafts.delete_snapshot(version.id)
    app.button(key=f"restore_{version.id}").click().run()
    assert not app.exception
    assert any("no such version" in error.value for error in app.error)
    assert drafts.get(draft.id) == draft


def test_a_draft_that_was_deleted_elsewhere_keeps_no_version(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(DESIGN)
    app = with_versions(open_page, draft.id)
    drafts.delete(draft.id)
    keep(app, "late")
    assert drafts.snapshots(draft.id) == []
