"""The popover with the glossary, on both faces of the Design page."""

from __future__ import annotations

from bnn_designer.design.presets import preset
from bnn_designer.runs.drafts import Drafts
from bnn_designer.ui.shared.glossary import WORDS
from tests.ui.conftest import OpenPage, texts


def test_the_words_are_listed_when_asked_for_and_searched(open_page: OpenPage, drafts: Drafts) -> None:
    for app in (open_page(), open_page(draft=drafts.create(preset("binarynet")).id)):
        assert "bnn-words" not in texts(app)
        app.session_state["words"] = True
        app.run()
        assert texts(app).count("<dt>") == len(WORDS)
        app.text_input(key="words_search").set_value("straight-through").run()
        assert not app.exception
        assert texts(app).count("<dt>") == 1
        assert "<dt>STE</dt>" in texts(app)
        app.text_input(key="words_search").set_value("<script>").run()
        assert "No such word here" in texts(app)
