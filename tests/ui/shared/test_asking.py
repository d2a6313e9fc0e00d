"""Whoever asks a server too often is told so, at each of the places where it costs something."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bnn_designer.design.links import PARAMETER, link_text
from bnn_designer.design.presets import preset
from bnn_designer.errors import BnnDesignerError
from bnn_designer.measuring.job import Job
from bnn_designer.runs.classes import Classes, Members
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.rates import RateReached
from bnn_designer.runs.store import Store
from bnn_designer.ui.shared import job_view, membership, state
from bnn_designer.ui.shared.asking import token_of
from tests.ui.conftest import OpenPage
from tests.ui.tab import Tab


def test_a_browser_is_known_again_when_its_cookie_is_masked_anew() -> None:
    # 01 02 03 04 ff under the masks 00 00 00 00 and 10 20 30 40
    assert token_of("2|00000000|01020304ff|1764000000") == bytes([1, 2, 3, 4, 255])
    assert token_of('"2|10203040|11223344ef|1764000001"') == bytes([1, 2, 3, 4, 255])


@pytest.mark.parametrize("cookie", [None, "", "2", "2|00|01|0", "1|00000000|01|0", "2|0000000g|01|0", "2|00000000|1|0"])
def test_what_is_no_such_cookie_is_nobodys(cookie: str | None) -> None:
    assert token_of(cookie) == b""


def test_links_in_a_row_are_refused_and_make_no_draft(
    open_page: OpenPage, drafts: Drafts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNN_RATE_LINKS", "1, 1")
    app = open_page(**{PARAMETER: link_text(preset("binarynet"))})
    assert app.query_params["draft"]
    app.query_params[PARAMETER] = link_text(preset("bi-real-cifar"))
    app.run()
    assert not app.exception
    assert "1 design out of a link at once" in app.error[0].value
    assert len(drafts.recent()) == 1


def test_joins_and_jobs_in_a_row_are_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JOINS", "JOBS"):
        monkeypatch.setenv(f"BNN_RATE_{name}", "1, 1")
    record, _ = Classes(store.engine).create("7b")
    tab = Tab()
    tab(membership.take_in, record.id)
    assert "1 join of a class at once" in tab(refused, membership.take_in, record.id)
    assert len(Members(store.engine).of_class(record.id)) == 1
    begun = 0

    def make() -> Job:
        nonlocal begun
        begun += 1
        raise BnnDesignerError("It is not there.")

    tab(job_view.begin, make)
    tab(job_view.begin, make)
    assert begun == 1
    assert "1 job that packs, times or looks inside at once" in tab(state.last_notice)
    assert tab(state.last_notice) == "It is not there."


def refused(act: Callable[..., object], *arguments: object) -> str:
    """Why it is refused; "" if it is not."""
    try:
        act(*arguments)
    except RateReached as error:
        return str(error)
    return ""
