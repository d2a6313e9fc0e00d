"""The start of the Design page as people use it: found, opened, kept in order, uploaded, shared."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store

HOME = "home"


@pytest.fixture
def drafts(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drafts:
    """The drafts of the server under test."""
    monkeypatch.setenv("BNN_HOME", str(tmp_path / HOME))
    monkeypatch.delenv("BNN_STORE_URL", raising=False)
    return Drafts(Store().engine)


def _settle(page: Page) -> None:
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def _draft(page: Page) -> str:
    """The id in the address, as soon as there is one."""
    page.wait_for_url(re.compile(r"[?&]draft=\w+"))
    return parse_qs(urlsplit(page.url).query)["draft"][0]


def _cards(page: Page) -> Locator:
    return page.locator("ul[aria-label^='Networks'] li")


def _lines(page: Page) -> Locator:
    return page.get_by_role("list", name="Your drafts", exact=True).get_by_role("listitem")


def test_a_network_is_found_by_search_and_filters_and_opened(page: Page, server: str, drafts: Drafts) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(server)
    cards = _cards(page)
    expect(cards).to_have_count(len(PRESETS))
    page.get_by_label("Search networks").fill("larq quick")
    expect(cards).to_have_count(3)  # small, middle and large: "Larq" is in their sources, not in the CIFAR one's
    page.get_by_label("Search networks").fill("zebra")
    expect(page.get_by_text("No network here is like that.")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    page.get_by_label("Images").select_option("CIFAR-10 size")
    page.get_by_label("Shortcuts").select_option("without")
    expect(cards).to_have_count(3)  # binarynet, vgg-small-bnn, xnor-net-cifar
    page.get_by_label("Sort").select_option("smallest file")
    expect(cards.first).to_contain_text("xnor-net-cifar")
    cards.filter(has_text="binarynet").get_by_role("button").first.dblclick()  # the second click makes no second draft
    draft = _draft(page)
    _settle(page)
    assert drafts.get(draft).design == preset("binarynet")
    assert len(drafts.recent()) == 1
    assert errors == []


def test_drafts_are_found_renamed_copied_deleted_and_brought_back(page: Page, server: str, drafts: Drafts) -> None:
    ids = {name: drafts.create(preset(name)).id for name in ("binarynet", "bi-real-cifar", "quicknet")}
    page.goto(server)
    lines = _lines(page)
    expect(lines).to_have_count(3)
    line = lines.filter(has_text="bi-real-cifar")
    expect(line.locator("svg path").first).to_be_attached()

    line.get_by_role("button", name="Rename").click()
    name = page.get_by_label("New name of bi-real-cifar")
    name.fill("<b>mine</b> & yours")
    name.press("Enter")
    expect(page.get_by_text("Renamed bi-real-cifar to <b>mine</b> & yours.")).to_be_visible()
    assert drafts.get(ids["bi-real-cifar"]).name == "<b>mine</b> & yours"

    # clicks faster than any answer: all are done
    lines.first.evaluate(
        """(line) => {
          for (const label of ["Copy binarynet", "Delete <b>mine</b> & yours"])
            [...line.parentElement.querySelectorAll("button")].find((one) => one.ariaLabel === label).click();
        }"""
    )
    expect(page.get_by_text("Deleted <b>mine</b> & yours.")).to_be_visible()
    expect(lines).to_have_count(3)
    expect(lines.first).to_contain_text("binarynet copy")
    page.get_by_role("button", name="Undo").click()
    expect(lines).to_have_count(4)
    assert drafts.get(ids["bi-real-cifar"]).name == "<b>mine</b> & yours"

    lines.filter(has_text="quicknet").get_by_role("button", name="Delete").click()
    expect(lines).to_have_count(3)
    page.reload()
    page.get_by_text("Recently deleted (1)").click()
    page.get_by_role("button", name="Restore quicknet").click()
    expect(lines).to_have_count(4)

    page.get_by_label("Search your drafts").fill("BINARY copy")
    expect(lines).to_have_count(1)
    page.get_by_label("Search your drafts").fill("zebra")
    expect(page.get_by_text('No draft is named like "zebra".')).to_be_visible()
    page.get_by_label("Search your drafts").fill("quick")
    lines.first.get_by_role("button", name="Open quicknet").click()
    assert _draft(page) == ids["quicknet"]


def test_choosing_a_file_opens_it_and_a_bad_one_says_what_is_wrong(
    page: Page, server: str, drafts: Drafts, tmp_path: Path
) -> None:
    (tmp_path / "bad.json").write_text('{"blocks": [{"kind": "oven"}]}')
    (tmp_path / "good.json").write_text(preset("vgg-small-bnn").to_json())
    page.goto(server)
    chooser = page.get_by_test_id("stFileUploaderDropzoneInput")
    chooser.set_input_files(tmp_path / "bad.json")
    error = page.get_by_test_id("stAlert").filter(has_text="kind must be one of")
    expect(error).to_contain_text("bad.json")
    expect(chooser).to_have_count(1)  # an empty field stands where the full one was
    assert drafts.recent() == []
    chooser.set_input_files(tmp_path / "good.json")
    first = _draft(page)
    _settle(page)
    assert drafts.get(first).design == preset("vgg-small-bnn")
    assert len(drafts.recent()) == 1

    # in the header: the same, beside a draft that stays as it is
    before = drafts.get(first)
    page.get_by_role("button", name="File", exact=True).click()
    chooser.set_input_files(tmp_path / "bad.json")
    expect(error).to_be_visible()
    expect(chooser).to_have_count(1)
    assert drafts.get(first) == before
    assert len(drafts.recent()) == 1
    (tmp_path / "bad.json").write_text(preset("binarynet").to_json())  # mended
    chooser.set_input_files(tmp_path / "bad.json")
    expect(page.get_by_text("Opened binarynet from bad.json as a new draft.")).to_be_visible()
    assert _draft(page) != first
    assert drafts.get(_draft(page)).design == preset("binarynet")


def test_a_shared_link_opens_in_another_browser(browser: Browser, page: Page, server: str, drafts: Drafts) -> None:
    mine = drafts.create(preset("bi-real-cifar"))
    page.goto(f"{server}/?draft={mine.id}")
    page.get_by_role("button", name="File", exact=True).click()
    expect(page.get_by_test_id("stCode")).to_have_count(2)
    to_draft, to_copy = page.get_by_test_id("stCode").all_inner_texts()
    assert to_draft.strip() == f"{server}/?draft={mine.id}"
    assert to_copy.strip().startswith(f"{server}/?design=")

    other = browser.new_context()
    other.set_default_timeout(30_000)
    try:
        theirs = other.new_page()
        theirs.goto(to_copy.strip())
        copied = _draft(theirs)
        _settle(theirs)
        assert copied != mine.id
        assert "design=" not in theirs.url
        assert drafts.get(copied).design == mine.design
        theirs.reload()  # the draft is in the address now: no second one is made
        expect(theirs.get_by_role("textbox", name="Name", exact=True)).to_have_value("bi-real-cifar")
        assert len(drafts.recent()) == 2
        theirs.goto(f"{to_copy.strip()[:-9]}")
        expect(theirs.get_by_test_id("stAlert").filter(has_text="its end is missing")).to_be_visible()
        assert len(drafts.recent()) == 2
    finally:
        other.close()
