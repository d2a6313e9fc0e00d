"""A search on the Compare page: none, trained and turned away, at work, opened as a design, unreadable."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime, timezone
from itertools import product
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from bnn_designer.design import Design
from bnn_designer.design.links import design_in_text
from bnn_designer.processes import Owner
from bnn_designer.runs import queue
from bnn_designer.runs.database import RUNS, SWEEPS
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store
from bnn_designer.runs.sweeps import NewRun, add_sweep, note_trials
from bnn_designer.search import process
from bnn_designer.search.definition import Limit, Search
from bnn_designer.search.loop import Amount
from bnn_designer.search.trials import State, Trial, priced
from bnn_designer.training.recipe import Recipe
from bnn_designer.ui.compare import search_form, search_work
from bnn_designer.ui.compare.points import front_of
from bnn_designer.ui.compare.search_points import ACCURACY, AXES, search_chart, search_points
from bnn_designer.ui.compare.searches_known import found_by
from tests.ui.compare.test_compare_page import table, titles
from tests.ui.conftest import OpenPage, field, texts

WIDE = {"width.filters.8": "16"}
RECIPE = Recipe(epochs=4, subset=100, validation_subset=100, engine="float", seed=5)


@pytest.fixture(autouse=True)
def nothing_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue stands still."""
    monkeypatch.setattr(queue, "tend", lambda store, executor: [])


@pytest.fixture
def search(small_design: Design) -> Search:
    """For no more RAM than twice what the design takes; its width is 8."""
    own = Search(small_design, RECIPE, (Limit("arena_bytes", 1),)).totals_of(small_design)["arena_bytes"]
    assert isinstance(own, int)
    return Search(small_design, RECIPE, (Limit("arena_bytes", 2 * own),))


def tried(search: Search, change: dict[str, str], state: State, accuracy: float | None = None, **more: object) -> Trial:
    """A trial of the design with a change, with the figures that it really has."""
    point = search.space.own | change
    return Trial(point, state, priced(search, point).figures, accuracy, **more)  # type: ignore[arg-type]


@pytest.fixture
def search_id(store: Store, search: Search) -> str:
    """Two trained to the end, of which one is beaten; one ended early, one failed; one over budget."""
    key, _ = add_sweep(store, "search", search.design.name, search.to_json())
    trials = [
        tried(search, {}, "done", 0.40, run="0123abcd"),
        tried(search, WIDE, "done", 0.35),
        tried(search, {"first-last": "binary"}, "pruned", 0.15, epochs=2, reason="15.0 % after epoch 2, median 30.0 %"),
        tried(search, {"shortcuts": "none"}, "failed", reason="its run was deleted"),
        Trial(
            search.space.own | WIDE | {"depth.shortcut_1": "2"}, "over", {"arena_bytes": search.limits[0].most * 5 / 4}
        ),
    ]
    note_trials(store, key, [one.to_data() for one in trials])
    return key


def rows(app: AppTest) -> dict[str, list[str]]:
    return {row["title"]: [cell["text"] for cell in row["cells"]] for row in table(app, "search_table")["rows"]}


def links(app: AppTest) -> dict[str, str]:
    """Where each link of the page goes: its query."""
    return {one.proto.label: one.proto.query_string for one in app.get("page_link")}


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def test_without_a_search_it_says_how_to_start_one(
    open_page: OpenPage, drafts: Drafts, search: Search, small_design: Design
) -> None:
    draft = drafts.create(small_design).id
    app = open_page("compare", part="search", draft=draft)
    assert "Nothing was searched" in app.info[0].value
    # its own RAM, rounded up to whole KiB
    kib = -(-int(search.limits[0].most // 2) // 1024)
    assert app.code[0].value == f"bnn-designer search small.json --budget-ram {kib}KiB --hours 2 --epochs 10"
    assert field(app.text_input, "search_ram").value == f"{kib} KiB"
    assert "net.json --budget-ram 64KiB" in open_page("compare", part="search").code[0].value


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch, synthetic_data: Path) -> list[tuple[Search, Amount, str | None]]:
    """What was started; the images are there."""
    calls: list[tuple[Search, Amount, str | None]] = []

    def launch(store: Store, search: Search, amount: Amount, person: str | None = None) -> str:
        calls.append((search, amount, person))
        return add_sweep(store, "search", search.design.name, search.to_json())[0]

    monkeypatch.setenv("BNN_DATA_DIR", str(synthetic_data))
    monkeypatch.setattr(search_form, "launch", launch)
    monkeypatch.setattr(search_work, "launch", launch)
    return calls


def test_the_form_starts_a_search_with_all_that_it_asks(
    open_page: OpenPage,
    store: Store,
    drafts: Drafts,
    small_design: Design,
    launched: list[tuple[Search, Amount, str | None]],
) -> None:
    draft = drafts.create(small_design).id
    drafts.set_recipe(draft, RECIPE.to_json())
    app = open_page("compare", part="search", draft=draft)
    assert "How long a run takes is not known" in said(app)
    field(app.text_input, "search_ram").set_value("64 KB").run()
    assert app.button(key="search_start").disabled
    assert "this unit is ambiguous" in app.error[0].value
    field(app.text_input, "search_ram").set_value("").run()
    assert "A search needs a budget" in app.error[0].value
    field(app.text_input, "search_ram").set_value("64 KiB")
    field(app.text_input, "search_latency").set_value("5 ms")
    field(app.number_input, "search_hours").set_value(0.5)
    field(app.number_input, "search_trials").set_value(7)
    field(app.number_input, "search_seed").set_value(11)
    field(app.button_group, "search_varied").unselect("depth").run()
    assert "RAM at most 64.0 KiB" in said(app)
    app.button(key="search_start").click().run()
    assert not app.exception
    ((search, amount, person),) = launched
    assert search.limits == (Limit("arena_bytes", 64 * 1024), Limit("latency_pixel_1_ms", 5.0))
    assert (search.design, search.recipe) == (small_design, RECIPE.changed(seed=11))
    assert set(search.varied) == {"width", "shortcuts", "first-last"}
    assert (amount, person) == (Amount(7, 0.5), None)
    # it is open now
    assert "small, searched" in said(app)


def test_the_form_s_values_are_in_the_address(
    open_page: OpenPage, drafts: Drafts, small_design: Design, launched: list[tuple[Search, Amount, str | None]]
) -> None:
    draft = drafts.create(small_design).id
    app = open_page("compare", part="search", draft=draft)
    assert not {name for name in app.query_params if name.startswith("search_")}  # defaults leave no trace
    field(app.text_input, "search_ram").set_value("")
    field(app.text_input, "search_flash").set_value("1 MiB")
    field(app.number_input, "search_hours").set_value(0.5)
    field(app.number_input, "search_trials").set_value(7)
    field(app.button_group, "search_varied").unselect("depth").run()
    there = dict(app.query_params)
    assert there["search_flash"] == "1 MiB"
    again = open_page("compare", **there)
    assert field(again.text_input, "search_ram").value == ""
    assert field(again.text_input, "search_flash").value == "1 MiB"
    assert field(again.number_input, "search_hours").value == 0.5
    assert field(again.number_input, "search_trials").value == 7
    assert "depth" not in field(again.button_group, "search_varied").value
    # what the field cannot hold is as nothing
    odd = {"search_hours": "nan", "search_trials": "1" * 5000, "search_seed": "-1", "search_device": "x"}
    app = open_page("compare", part="search", draft=draft, search_varied="depth,x", **odd)
    assert not app.exception
    assert field(app.number_input, "search_hours").value == search_form.HOURS
    assert field(app.number_input, "search_trials").value is None
    assert field(app.number_input, "search_seed").value == 0
    assert field(app.button_group, "search_varied").value == ["depth"]


def test_a_budget_that_was_not_written_is_that_of_the_design_that_is_open(
    open_page: OpenPage, drafts: Drafts, small_design: Design, search: Search
) -> None:
    first, second = drafts.create(small_design).id, drafts.create(search.space.at(search.space.own | WIDE)).id
    app = open_page("compare", part="search", draft=first)
    narrow = field(app.text_input, "search_ram").value
    app.query_params["draft"] = second
    app.run()
    assert field(app.text_input, "search_ram").value not in (narrow, "")


def test_what_keeps_a_search_from_starting_is_said(
    open_page: OpenPage, drafts: Drafts, small_design: Design, monkeypatch: pytest.MonkeyPatch, synthetic_data: Path
) -> None:
    draft = drafts.create(small_design).id
    app = open_page("compare", part="search", draft=draft)
    assert "set BNN" in app.error[0].value  # the images are not on this machine
    assert "Open the Train page" in links(app)
    monkeypatch.setenv("BNN_DATA_DIR", str(synthetic_data))
    monkeypatch.setenv("BNN_MAX_EPOCHS", "1")
    app = open_page("compare", part="search", draft=draft)
    assert "at most 1 epoch" in app.error[0].value
    assert app.button(key="search_start").disabled


def test_a_search_at_work_is_stopped_and_one_that_ended_is_gone_on_with(
    open_page: OpenPage, store: Store, search_id: str, launched: list[tuple[Search, Amount, str | None]]
) -> None:
    work = process.Work(**asdict(Owner.of_process()), started_at=1_700_000_000.0, hours=2.0, said="Trial 5: width 16")
    process.write(store, search_id, work)
    app = open_page("compare", part="search")
    assert "Trial 5: width 16" in said(app)
    assert "It trains nothing now" not in said(app)
    app.button(key="search_stop").click().run()  # this process is no search's, and is left alone
    assert "not at work on this machine any more" in said(app) + "".join(one.value for one in app.toast)
    process.write(store, search_id, work.model_copy(update={"ended": "The disk is full.", "failed": True}))
    app = open_page("compare", part="search")
    assert "The disk is full" in app.error[0].value
    app.button(key="search_go_on").click().run()
    ((_, amount, _),) = launched
    assert amount == Amount(None, 2.0)


def test_the_front_the_beaten_and_what_was_never_trained(open_page: OpenPage, search_id: str) -> None:
    app = open_page("compare", part="search")
    assert list(rows(app)) == ["Trial 1", "Trial 2", "Trial 3", "Trial 4"]  # the front first, then as they came
    places = {title: cells[-1] for title, cells in rows(app).items()}
    # wider and less accurate than the first: it has more RAM for nothing
    assert places == {
        "Trial 1": "on the front",
        "Trial 2": "beaten by 1",
        "Trial 3": "cancelled early",
        "Trial 4": "failed",
    }
    assert rows(app)["Trial 2"][:2] == ["filters 8 to 16", "35.0 %"]
    assert "5 of " in said(app)
    assert "2 trained to the end; 1 cancelled early; 1 failed; 1 over budget, not trained" in said(app)
    assert "RAM at most" in said(app)
    assert "Trial 3 was cancelled early: 15.0 % after epoch 2" in said(app)
    over = table(app, "search_untrained_table")
    assert titles(over) == ["filters 8 to 16, shortcut_1 1 to 2 times"]
    assert over["rows"][0]["cells"][-1]["text"] == "RAM 25 % over"  # 1.25 times the budget
    assert "It trains nothing now" in said(app)
    assert not app.exception


def test_a_trial_opens_as_a_design_and_the_address_says_which(open_page: OpenPage, search_id: str) -> None:
    app = open_page("compare", part="search")
    assert table(app, "search_table")["chosen"] == ["1"]  # the most accurate of the front
    assert "run=0123abcd" in links(app)["See its run"]
    app = open_page("compare", part="search", trial="2")
    (text,) = parse_qs(links(app)["Open as a design"])["design"]
    design = design_in_text(text)
    assert design.name == "small, trial 2"
    assert {getattr(block, "filters", 16) for block in design.blocks} == {16}
    assert "See its run" not in links(app)  # it is not known
    # a trial that there is not: the best again
    assert table(open_page("compare", part="search", trial="9"), "search_table")["chosen"] == ["1"]


def test_what_it_trains_now_is_shown(open_page: OpenPage, store: Store, search: Search, search_id: str) -> None:
    _, (run,) = add_sweep(
        store, "search", search.design.name, search.to_json(), lambda runs: [NewRun(search.design, RECIPE)]
    )
    app = open_page("compare", part="search")
    assert f"run={run}" in links(app)[f"Trial 5, run {run}"]
    assert "It trains nothing now" not in said(app)
    with store.engine.begin() as connection:
        over = {"status": "done", "finished_at": datetime(2026, 1, 1, tzinfo=timezone.utc).timestamp()}
        connection.execute(update(RUNS).where(RUNS.c.id == run).values(over))
    assert "It trains nothing now" in said(open_page("compare", part="search"))


def test_the_chart_has_the_budget_and_a_front_of_what_is_done(store: Store, search: Search, search_id: str) -> None:
    from bnn_designer.runs.sweeps import sweep

    found = found_by(sweep(store, search_id))
    points = search_points(found, "arena_bytes")
    assert [point.candidate.kind for point in points] == ["front", "beaten", "pruned"]
    # with its first layer in bits it would be the smallest file, had it been trained as long
    assert 2 in front_of(points, AXES["file_bytes"], ACCURACY)
    chart = search_chart(found, points, "file_bytes", "#000")
    assert "Pareto front (1)" in [trace.name for trace in chart.data]
    assert not chart.layout.shapes  # no budget of it
    # twice what the first trial takes: beyond the axis, which ends a little behind the largest
    assert not search_chart(found, points, "arena_bytes", "#000").layout.shapes
    near = replace(search, limits=(Limit("arena_bytes", found.trials[1].figures["arena_bytes"]),))
    (line,) = search_chart(replace(found, search=near), points, "arena_bytes", "#000").layout.shapes
    assert line.x0 == found.trials[1].figures["arena_bytes"] / 1024


def test_searches_of_the_draft_s_name_come_first(
    open_page: OpenPage, store: Store, drafts: Drafts, search: Search, search_id: str
) -> None:
    other = search.design.model_copy(update={"name": "other"})
    add_sweep(store, "search", "other", Search(other, RECIPE, search.limits).to_json())
    assert "other, searched" in said(open_page("compare", part="search"))  # the newest
    app = open_page("compare", part="search", draft=drafts.create(search.design).id)
    assert "small, searched" in said(app)
    assert "Nothing" not in said(app)


def test_a_search_that_is_through_says_so_and_nothing_may_fit(
    open_page: OpenPage, store: Store, search: Search
) -> None:
    key, _ = add_sweep(store, "search", search.design.name, search.to_json())
    names, values = zip(*((degree.name, degree.values) for degree in search.space.degrees), strict=True)
    points = [dict(zip(names, one, strict=True)) for one in product(*values)]
    over = {"arena_bytes": search.limits[0].most * 2}
    note_trials(store, key, [Trial(point, "over", over).to_data() for point in points])
    app = open_page("compare", part="search")
    assert "Every point has been tried" in said(app)
    assert len(titles(table(app, "search_untrained_table"))) == min(25, len(points))
    assert "Open as a design" not in links(app)
    assert not app.exception


def test_a_search_that_cannot_be_read_says_so(open_page: OpenPage, store: Store, search_id: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(update(SWEEPS).values(definition="{}"))
    app = open_page("compare", part="search")
    assert "cannot be read" in app.warning[0].value
