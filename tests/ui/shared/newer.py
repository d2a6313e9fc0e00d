"""A browser that sends something newer while Streamlit runs: at any word to it, as it looks for that at each."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.runtime.scriptrunner import RerunData
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner


class Newer:
    """Sends it at one word of what runs next.

    Attributes:
        sent: how often it has sent something.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent = 0
        self._left: int | None = None
        self._data = RerunData()
        look = ScriptRunner._maybe_handle_execution_control_request

        def looking(runner: ScriptRunner) -> None:
            self._send(runner)
            look(runner)

        monkeypatch.setattr(ScriptRunner, "_maybe_handle_execution_control_request", looking)

    def at(self, word: int, states: Any = None) -> None:
        """
        Args:
            word: the number of the word, from 0.
            states: of the widgets, as the browser then sends them; None: it asks for the page as it is.
        """
        self._left, self._data = word, RerunData(widget_states=states)

    def _send(self, runner: ScriptRunner) -> None:
        if self._left is None:
            return
        if self._left > 0:
            self._left -= 1
            return
        self._left = None
        self.sent += 1
        runner.request_rerun(self._data)


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> Newer:
    return Newer(monkeypatch)
