"""The links of a class: the students' and the teacher's."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

_PAGE = "classroom"


def join_address(address: str | None, code: str) -> str:
    """The link by which students join.

    Args:
        address: of the teacher's page as the browser has it; None: without a browser, and then what follows the
            server's name.
        code: of the class.
    """
    return f"{_root(address)}/learn?{urlencode({'join': code})}"


def teacher_address(address: str | None, key: str) -> str:
    """The link that opens the teacher's page of a class."""
    return f"{_root(address)}/{_PAGE}?{urlencode({'class': key})}"


def _root(address: str | None) -> str:
    """Where the app is; a proxy may have put it below a path."""
    parts = urlsplit(address or "")
    path = parts.path.rstrip("/").removesuffix(f"/{_PAGE}")
    return parts._replace(path=path, query="", fragment="").geturl()
