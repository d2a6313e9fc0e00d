"""Signing in by a real provider, in a real browser: two people on one server, and a draft that is one's alone."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from bnn_designer.bench.browser.server import APP, served
from bnn_designer.runs.accounts import account_of
from bnn_designer.runs.connection import DATABASE_FILE
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store
from tests.browser.conftest import TIMEOUT_MS, guarded
from tests.browser.provider import CLIENT, provider

SECRETS = """\
[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "a secret of this test, and of no server"
client_id = "{client}"
client_secret = "none"
server_metadata_url = "{issuer}/.well-known/openid-configuration"
"""


def test_two_people_sign_in_and_neither_opens_the_others_draft(browser: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "user" / ".streamlit"
    folder.mkdir(parents=True)
    with provider() as login:
        (folder / "secrets.toml").write_text(SECRETS.format(client=CLIENT, issuer=login.issuer))
        settings = guarded(tmp_path / "reached") | {"HOME": str(tmp_path / "user"), "BNN_SIGN_IN": "required"}
        with served(APP, tmp_path / "home", settings) as server:

            def signed_in(**claims: object) -> Page:
                login.who = dict(claims)
                context = browser.new_context()
                context.set_default_timeout(TIMEOUT_MS)
                page = context.new_page()
                page.goto(server)
                expect(page.get_by_text("This server asks who you are")).to_be_visible()
                expect(page.get_by_role("link", name="Train")).to_have_count(0)
                page.get_by_role("button", name="Sign in").click()
                expect(page.get_by_role("link", name="Account")).to_be_visible()
                return page

            ada = signed_in(sub="1", email="ada@example.org", email_verified=True)
            ada.get_by_role("button", name="BinaryNet").first.click()
            ada.wait_for_url("**draft=*")
            ben = signed_in(sub="2", name="Ben <b>")
            ben.goto(ada.url)
            expect(ben.get_by_text("there is no such draft")).to_be_visible()
            ben.get_by_role("link", name="Account").click()
            expect(ben.get_by_text(f"Ben <b> ({account_of(login.issuer, '2')[:8]})")).to_be_visible()
            ben.get_by_role("button", name="Sign out").click()
            expect(ben.get_by_role("button", name="Sign in")).to_be_visible()
            ada.reload()
            expect(ada.get_by_role("link", name="Account")).to_be_visible()
            (draft,) = drafts_of(tmp_path, None)
            assert draft.id in ada.url
            assert drafts_of(tmp_path, account_of(login.issuer, "1")) == [draft]
            assert drafts_of(tmp_path, account_of(login.issuer, "2")) == []
    assert not (tmp_path / "reached").exists()


def drafts_of(folder: Path, account: str | None) -> list[object]:
    store = Store(home=folder / "home", url=f"sqlite:///{folder / 'home' / DATABASE_FILE}")
    return list(Drafts(store.engine).for_account(account).recent())
