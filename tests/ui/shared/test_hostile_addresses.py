"""Addresses that nobody would type: whatever a parameter holds, a page is drawn and says what it does not know."""

from __future__ import annotations

import base64
import zlib

import pytest

from bnn_designer.runs.drafts import Drafts
from tests.ui.conftest import OpenPage, texts

#: Of all pages; those that one does not know mean nothing to it.
PARAMETERS = (
    *(
        "draft",
        "run",
        "block",
        "design",
        "part",
        "lesson",
        "designs",
        "variants",
        "trained",
        "search",
        "sweep",
        "compare",
    ),
    *("packed", "labels", "measure", "show", "show_as", "by", "band", "sort", "figure", "points_sort", "search_sort"),
    *("search_device", "search_figure", "sweep_recipe", "sweep_seeds", "result", "task", "image", "layer", "beside"),
    *("q", "status", "data", "engine", "tag", "blocks", "of", "to"),
)

VALUES = {
    "empty": "",
    "a list of nothing": ",,,:,:",
    "a path": "../../../../etc/passwd",
    "a script": "<script>alert(1)</script>",
    "signs": "\x00\u202e\U0001f4a3%00\n{}[]$`'\"\\",
    "a number": "-99999999999999999999",
    "long": "a" * 20_000,
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_no_value_of_any_parameter_is_a_traceback(open_page: OpenPage, value: str) -> None:
    for page in ("design", "compare", "train", "runs", "export", "learn", "inside"):
        app = open_page(page, **dict.fromkeys(PARAMETERS, value))
        assert "Traceback" not in texts(app)
        assert not any("<script>" in text.value.replace("\\<", "") for text in (*app.error, *app.warning))


def test_a_bomb_in_a_link_opens_nothing(open_page: OpenPage, drafts: Drafts) -> None:
    """20 MB of zeros in 26,000 characters, which is refused after the first 2 MB."""
    bomb = base64.urlsafe_b64encode(zlib.compress(b"0" * 20_000_000, 9)).decode()
    for text in (bomb, bomb[: len(bomb) // 2]):
        app = open_page("design", design=text)
        assert "larger than 2,000,000 bytes" in app.error[0].value.replace("\\", "")
    assert drafts.recent() == []
