"""Sign-in: off as before, on with a page before all others, and each account's pages its own."""

from __future__ import annotations

from typing import Any

import pytest
import streamlit as st

from bnn_designer.design import Design
from bnn_designer.design.presets import preset
from bnn_designer.runs.accounts import account_of
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.people import MAX_NAME, person_of
from bnn_designer.runs.store import Store
from bnn_designer.training.recipe import Recipe
from bnn_designer.ui.shared import sign_in
from bnn_designer.ui.shared.account_view import _remember
from bnn_designer.ui.shared.sign_in import Identity, SignInError, identity, providers
from bnn_designer.ui.shared.tab import notes
from tests.ui.conftest import OpenPage, texts
from tests.ui.tab import Tab

ISSUER = "https://login.example"
ADA = {"is_logged_in": True, "iss": ISSUER, "sub": "1", "email": "ada@example.org", "email_verified": True}
BEN = {"is_logged_in": True, "iss": ISSUER, "sub": "2", "name": "Ben"}
AUTH = {"redirect_uri": "http://localhost:8501/oauth2callback", "cookie_secret": "x" * 32}
PROVIDER = {
    "client_id": "bnn",
    "client_secret": "s",
    "server_metadata_url": f"{ISSUER}/.well-known/openid-configuration",
}


class Visitor:
    """Who comes next, and how far this server is set up."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        patch.setenv(sign_in.VARIABLE, "required")
        patch.setattr(sign_in, "lacking", lambda: ())
        self.secrets({"auth": AUTH | PROVIDER})
        self.is_nobody()

    def secrets(self, found: dict[str, Any]) -> None:
        self._patch.setattr(st, "secrets", found)

    def is_nobody(self) -> None:
        self._patch.setattr(sign_in, "claims", lambda: {"is_logged_in": False})

    def is_(self, claims: dict[str, Any]) -> Identity:
        self._patch.setattr(sign_in, "claims", lambda: claims)
        found = identity()
        assert found is not None
        return found


@pytest.fixture
def visitor(store: Store, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    return Visitor(monkeypatch)


def said(app: Any) -> str:
    """What a page says, without the signs that keep Markdown from reading it."""
    return texts(app).replace("\\", "")


def everything(app: Any) -> str:
    """All that a page sends to the browser."""
    return "\n".join(str(getattr(element, "proto", "")) for element in app.main)


def buttons(app: Any) -> list[str]:
    return [str(button.label) for button in app.button]


def test_off_nothing_is_asked(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    def never() -> dict[str, Any]:
        raise AssertionError("who is at the tab was asked for")

    monkeypatch.setattr(sign_in, "claims", never)
    monkeypatch.setattr(st, "secrets", None)
    app = open_page("train")
    assert identity() is None
    assert [one.label for one in app.text_input if one.label == "Your name"] == []  # no design yet, no form
    assert "Sign in" not in buttons(app)


def test_nobody_sees_anything_before_the_sign_in(visitor: Visitor, store: Store, open_page: OpenPage) -> None:
    run = store.create_run(preset("bi-real-cifar"), Recipe(engine="float"))
    for parameters in ({}, {"run": run}):
        app = open_page("design", **parameters)
        assert buttons(app) == ["Sign in"]
        assert "This server asks who you are" in said(app)
        assert ("Open it again" in said(app)) is bool(parameters)
    with pytest.raises(SignInError, match="Nobody has signed in here"):
        identity()


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        ({}, "there is no section [auth]"),
        ({"auth": PROVIDER}, "[auth] in .streamlit/secrets.toml lacks redirect_uri, cookie_secret"),
        ({"auth": AUTH}, "lacks client_id, client_secret, server_metadata_url"),
        (
            {"auth": AUTH | {"uni": PROVIDER | {"client_secret": ""}}},
            "[auth.uni] in .streamlit/secrets.toml lacks client_secret",
        ),
    ],
)
def test_what_is_missing_on_the_server_is_said(visitor: Visitor, secrets: dict[str, Any], said: str) -> None:
    visitor.secrets(secrets)
    with pytest.raises(SignInError) as error:
        providers()
    assert said in str(error.value)


def test_a_server_that_cannot_ask_shows_why_and_nothing_else(
    visitor: Visitor, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "lacking", lambda: ("authlib", "httpx"))
    app = open_page()
    assert "authlib and httpx cannot be imported. On the server: pip install 'bnn-designer[sign-in]'" in said(app)
    assert buttons(app) == []
    monkeypatch.setenv(sign_in.VARIABLE, "on")
    app = open_page()
    assert "'on' is not known" in said(app)
    assert buttons(app) == []


def test_several_providers_have_a_button_each(visitor: Visitor, open_page: OpenPage) -> None:
    visitor.secrets({"auth": AUTH | {"uni": PROVIDER, "work": PROVIDER}})
    assert buttons(open_page()) == ["Sign in with uni", "Sign in with work"]


def test_pages_show_what_is_ones_own(visitor: Visitor, store: Store, open_page: OpenPage) -> None:
    ada, ben = visitor.is_(ADA), visitor.is_(BEN)
    design: Design = preset("bi-real-cifar")
    drafts = Drafts(store.engine)
    ids = {
        who: (
            drafts.for_account(who.account).create(design.model_copy(update={"name": f"of {who.person[:3]}"})).id,
            store.for_account(who.account).create_run(
                design.model_copy(update={"name": f"run of {who.person[:3]}"}),
                Recipe(engine="float"),
                person=who.person,
            ),
        )
        for who in (ada, ben)
    }
    # Ben opens Ada's addresses
    draft, run = ids[ada]
    app = open_page("design", draft=draft)
    assert "there is no such draft" in said(app)
    app = open_page("train", run=run)
    assert f"Run {run}: there is no such run" in said(app)
    assert "ada@example.org" not in said(app)
    app = open_page("inside", run=run)
    assert f"Run {run}: there is no such run" in said(app)
    app = open_page("export", draft=draft, run=run, of="run")
    assert f"Run {run}: there is no such run" in said(app)
    assert "of ada" not in everything(app)
    app = open_page("runs", packed=run, chosen=run)
    assert "run of Ben" in everything(app)
    assert "run of ada" not in everything(app)
    # and his own
    draft, run = ids[ben]
    app = open_page("train", draft=draft, run=run)
    assert f"run {run}" in said(app)
    assert f"Signed in as {ben.person}" in everything(app)


def test_a_person_is_named_as_nobody_else_can_be(visitor: Visitor) -> None:
    assert visitor.is_(ADA).person == "ada@example.org"
    unproven = visitor.is_(BEN | {"name": "ada@example.org", "email": "ada@example.org"})
    assert unproven.person == f"ada@example.org ({account_of(ISSUER, '2')[:8]})"
    long = visitor.is_(BEN | {"name": "<b>\u202e" + "x" * 200})
    assert len(long.person) == MAX_NAME
    assert person_of(long.person) == long.person
    assert visitor.is_({"is_logged_in": True, "iss": ISSUER, "sub": "3"}).person.startswith("account (")
    with pytest.raises(SignInError, match="no issuer or no subject"):
        visitor.is_({"is_logged_in": True, "iss": ISSUER, "email": "ada@example.org"})


def test_a_class_knows_its_member_by_the_nickname_and_another_account_begins_anew(visitor: Visitor) -> None:
    tab = Tab()

    def name_after(who: Identity, nickname: str = "") -> str | None:
        if nickname:
            notes().cookie, notes().person = "of a member", nickname
        _remember(who)
        return notes().person

    ada, ben = visitor.is_(ADA), visitor.is_(BEN)
    assert tab(name_after, ada) == "ada@example.org"
    assert tab(name_after, ada, "Quick Fox") == "Quick Fox"
    assert tab(name_after, ada) == "Quick Fox"
    assert tab(name_after, ben) == ben.person
