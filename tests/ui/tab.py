"""Calls a function as a page's callback runs: with a session and an address of its own, and no page around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from streamlit.testing.v1 import AppTest

Result = TypeVar("Result")


def _script(call, results):  # type: ignore[no-untyped-def] # its text is run alone, where names of types mean nothing
    results.append(call())


class Tab:
    """A browser tab: what one call leaves in the session, the next one finds.

    Args:
        parameters: of its address.
    """

    def __init__(self, **parameters: str) -> None:
        self._calls: list[Callable[[], Any]] = []
        self._results: list[Any] = []
        self.app = AppTest.from_function(_script, args=(self._call, self._results))
        for name, value in parameters.items():
            self.app.query_params[name] = value

    def _call(self) -> Any:
        return self._calls.pop()()

    def __call__(self, function: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """What the function gives, called in this tab."""
        self._calls.append(lambda: function(*args, **kwargs))
        self.app.run()
        assert not self.app.exception
        result: Result = self._results.pop()
        return result
