"""What is begun is done, whatever the browser sends meanwhile.

Streamlit ends a run of the page at its next word to the session, the address or the page, once the browser has sent
something newer. For what draws that is right: the newer run draws it anew. But it ends callbacks, too. A field that was
changed half a second before another one is then not saved; a draft is changed, and neither the selection nor the canvas
hears of it. And the request that came meanwhile is taken for the callback's own and queued behind what came since, with
the values that the widgets had when it was made.

There is no public way to say "not now". Streamlit looks for something newer only while its runner executes a script,
and has a flag for that; here the flag is taken back for a while. What came is then taken up at the next word after, in
the order in which it came, and in the same thread: ``fastReruns`` is off in .streamlit/config.toml.
tests/ui/shared/test_whole.py holds Streamlit, whose version is pinned, to this.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state import SafeSessionState


@contextmanager
def whole() -> Iterator[None]:
    """What is done within is done wholly. For a write while a page is drawn; callbacks are whole anyway."""
    context = get_script_run_ctx(suppress_warning=True)
    with _undisturbed(context and context.session_state):
        yield


def keep_callbacks_whole() -> None:
    """Lets all callbacks in this process come to their end. May be called again and again."""
    call = SafeSessionState.on_script_will_rerun
    if hasattr(call, "__wrapped__"):
        return

    @functools.wraps(call)
    def called(session: SafeSessionState, *values: Any, **named: Any) -> None:
        with _undisturbed(session):
            call(session, *values, **named)

    SafeSessionState.on_script_will_rerun = called  # type: ignore[method-assign, assignment]


@contextmanager
def _undisturbed(session: Any) -> Iterator[None]:
    # the session asks its runner whether there is something newer; a session without a runner asks nobody
    runner = getattr(getattr(session, "_yield_callback", None), "__self__", None)
    if runner is None:
        yield
        return
    before, runner._execing = runner._execing, False
    try:
        yield
    finally:
        runner._execing = before
