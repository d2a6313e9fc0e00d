"""Whatever the browser sends while something is done: it is done wholly, and what was sent comes after it."""

from __future__ import annotations

from itertools import count, pairwise

from streamlit.testing.v1 import AppTest

from bnn_designer.design import Design
from bnn_designer.design.blocks import Conv
from bnn_designer.runs.drafts import Drafts
from bnn_designer.training.recipe import Recipe
from tests.ui.components import CLIENT, do, shown
from tests.ui.conftest import APP, OpenPage
from tests.ui.shared.newer import Newer, newer

__all__ = ["newer"]

#: One word after another until the callbacks are over; on a page there are a thousand.
WORDS = (0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89)


def _two_fields(heard):  # type: ignore[no-untyped-def] # its text is run alone, where names of types mean nothing
    import streamlit as st

    from bnn_designer.ui.shared.whole import keep_callbacks_whole

    keep_callbacks_whole()

    def changed(name: str) -> None:
        value = st.session_state[name]
        st.session_state[f"{name} was"] = value
        st.query_params[name] = str(value)
        heard.append((name, value, st.session_state[f"{name} was"]))

    st.number_input("a", 0, 9, key="a", on_change=changed, args=("a",))
    st.number_input("b", 0, 9, key="b", on_change=changed, args=("b",))


def test_two_fields_changed_one_after_the_other_are_both_heard_in_their_order(newer: Newer) -> None:
    for word in count():
        heard: list[tuple[str, int, int]] = []
        app = AppTest.from_function(_two_fields, args=(heard,)).run()
        app.number_input(key="a").set_value(3)
        first = app._tree.get_widget_states()
        app.number_input(key="b").set_value(5)
        both = app._tree.get_widget_states()
        before = newer.sent
        newer.at(word, both)
        app._run(first)
        if newer.sent == before:
            break
        assert not app.exception
        assert heard == [("a", 3, 3), ("b", 5, 5)], f"at word {word}"
        assert [field.value for field in app.number_input] == [3, 5]
    assert word > 8  # six words in each callback's three lines, and those of the page


def _one_write(done):  # type: ignore[no-untyped-def]
    import streamlit as st

    from bnn_designer.ui.shared.whole import whole

    with whole():
        done.append("begun")
        with whole():
            st.session_state["a"] = 1
        st.query_params["a"] = "1"
        st.markdown("in between")
        done.append("ended")
    st.markdown("after")
    done.append("drawn")


def test_what_is_written_while_a_page_is_drawn_is_written_wholly(newer: Newer) -> None:
    for word in count():
        done: list[str] = []
        already = newer.sent
        newer.at(word)
        app = AppTest.from_function(_one_write, args=(done,)).run()
        assert not app.exception
        assert done[-1] == "drawn"
        assert all(after == "ended" for before, after in pairwise(done) if before == "begun")
        if newer.sent == already:
            break
    assert word > 3


ADD = {"kind": "add", "block_kind": "activation", "parent": None, "index": 0}


def test_the_canvas_is_answered(drafts: Drafts, open_page: OpenPage, newer: Newer) -> None:
    for word in WORDS:
        draft = drafts.create(Design())
        app = open_page(draft=draft.id)
        newer.at(word)
        do(app, ADD, ADD, {"kind": "undo"})
        assert newer.sent
        # two blocks, and the second taken back: three operations, each answered, and one block selected
        assert len(drafts.get(draft.id).design.blocks) == 1
        data = shown(app, "canvas")
        assert (data["client"], data["acknowledged"], data["announcement"]["number"]) == (CLIENT, 3, 3)


def test_a_refused_edit_is_said_on_the_canvas_and_nowhere_else(
    drafts: Drafts, open_page: OpenPage, newer: Newer
) -> None:
    for word in WORDS:
        draft = drafts.create(Design(blocks=(Conv(filters=8),)))
        app = open_page(draft=draft.id)
        newer.at(word)
        do(app, {"kind": "paste", "text": "no block", "parent": None, "index": 0})
        said = shown(app, "canvas")["announcement"]
        assert (said["number"], said["wrong"]) == (1, True)
        assert "clipboard" in said["text"]
        assert not app.error


def test_two_fields_of_a_recipe_are_both_kept(drafts: Drafts, open_page: OpenPage, newer: Newer) -> None:
    draft = drafts.create(Design(blocks=(Conv(filters=8),)))
    for word in WORDS:
        drafts.set_recipe(draft.id, Recipe(epochs=9, subset=900).to_json())
        app = open_page("train", draft=draft.id)
        fields = {field.label: field for field in app.number_input}
        fields["Epochs"].set_value(2)
        first = app._tree.get_widget_states()
        fields["Subset"].set_value(300)
        newer.at(word, app._tree.get_widget_states())
        app._run(first)
        assert newer.sent
        kept = Recipe.from_json(drafts.get(draft.id).recipe_json or "")
        assert (kept.epochs, kept.subset) == (2, 300), f"at word {word}"


def test_a_session_runs_once_at_a_time() -> None:
    """With two threads at one session, a refused edit was said on the page, 6 of 15 times on two busy cores."""
    section = (APP.parent / ".streamlit" / "config.toml").read_text().split("[runner]")[1].split("\n[")[0]
    assert "\nfastReruns = false\n" in section
