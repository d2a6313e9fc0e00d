"""A teacher and two students, each with a browser of their own, on a real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect

from bnn_designer.bench.browser import pages
from tests.browser.conftest import TIMEOUT_MS

Three = tuple[Page, Page, Page]


@pytest.fixture
def three(browser: Browser) -> Iterator[Three]:
    with ExitStack() as stack:
        contexts = [browser.new_context(viewport={"width": 1280, "height": 1000}) for _ in range(3)]
        for context in contexts:
            stack.callback(context.close)
            context.set_default_timeout(TIMEOUT_MS)
        teacher, ada, ben = (context.new_page() for context in contexts)
        yield teacher, ada, ben


def make_class(teacher: Page, server: str) -> tuple[str, str]:
    """The students' link, and the class's code."""
    pages.open_page(teacher, server, pages.LEARN)
    teacher.get_by_role("link", name="For teachers: follow a class").click()
    teacher.get_by_role("textbox", name="Name of the class").fill("7b")
    teacher.get_by_role("combobox", name="Students begin at").click()
    teacher.get_by_role("option", name="1. One binary layer").click()
    teacher.get_by_role("button", name="Make the class").click()
    expect(teacher.get_by_text("Nobody has joined yet.")).to_be_visible()
    link = teacher.get_by_text("/learn?join=").inner_text()
    assert link.startswith(server)
    return link, link.partition("join=")[2]


def join(student: Page) -> str:
    """Joins the class whose invitation is shown; returns the nickname."""
    student.get_by_role("button", name="Join", exact=True).click()
    told = student.get_by_text(re.compile("^You are .* in the class 7b"))
    expect(told).to_be_visible()
    expect(student.get_by_text("Guess first")).to_be_visible()
    found = re.match(r"You are (\w+ \d+) in", told.inner_text())
    assert found is not None
    return found[1]


def test_a_teacher_sees_what_two_students_do_until_one_leaves(three: Three, server: str) -> None:
    teacher, ada, ben = three
    # what was done before is not the class's
    pages.open_page(ada, server, pages.LEARN, lesson="binary-layer")
    ada.get_by_role("button", name="8", exact=True).click()
    link, code = make_class(teacher, server)

    ada.goto(link)
    first = join(ada)
    expect(ada.locator(".choice[aria-pressed=true]")).to_have_count(0)
    pages.open_page(ben, server, pages.LEARN)
    field = ben.get_by_role("textbox", name="Join a class")
    field.fill(code.lower())
    field.press("Enter")
    second = join(ben)
    assert first != second

    row = teacher.get_by_role("row", name="1. One binary layer")
    expect(row.get_by_role("cell").nth(0)).to_have_text("2")
    ada.get_by_role("button", name="3", exact=True).click()
    ben.get_by_role("button", name="0", exact=True).click()
    ben.locator(".choice").nth(2).click()  # of answers the first one counts
    ben.get_by_role("checkbox", name="I have done this lesson").check()
    expect(row).to_contain_text("1 of 2")  # without a press: the page looks by itself
    expect(row.get_by_role("cell").last).to_have_text("1")
    for name in (first, second):
        expect(teacher.get_by_role("row", name=name)).to_be_visible()

    # a reload, and another page of the app, know the member by the cookie
    ben.reload()
    expect(ben.get_by_text(f"You are {second} in the class 7b")).to_be_visible()
    expect(ben.get_by_role("checkbox", name="I have done this lesson")).to_be_checked()

    ada.get_by_role("button", name="Leave", exact=True).click()
    ada.get_by_role("button", name="Leave the class").click()
    expect(ada.get_by_text("You are")).to_have_count(0)
    # this browser's own answer, from before the class, is back
    expect(ada.locator(".choice[aria-pressed=true]")).to_contain_text("8")
    expect(teacher.get_by_role("row", name=first)).to_have_count(0)
    assert all("bnn_designer_member" not in cookie["name"] for cookie in ada.context.cookies())

    teacher.get_by_role("button", name="This class").click()
    teacher.get_by_text("Delete all of it").click()
    teacher.get_by_role("button", name="Delete the class").click()
    expect(teacher.get_by_text("The class was deleted.")).to_be_visible()
    ben.reload()
    expect(ben.get_by_text("You are in no class any more")).to_be_visible()
    assert all("bnn_designer_member" not in cookie["name"] for cookie in ben.context.cookies())
