"""What a browser does with a component of ours: AppTest shows the data that Python gives it, but sends nothing back."""

from __future__ import annotations

import itertools
import json
from typing import Any

from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.testing.v1 import AppTest

#: The name of the browser tab whose canvas a test plays.
CLIENT = "f00dfeed"
_sendings = itertools.count(1)


def _proto(app: AppTest, key: str) -> Any:
    """The component of that key as the browser gets it."""
    return next(element.proto for element in app.get("bidi_component") if element.key == key)


def shown(app: AppTest, key: str) -> Any:
    """The data that a component is given."""
    return json.loads(_proto(app, key).json)


def set_state(app: AppTest, key: str, **values: Any) -> None:
    """What a component's JavaScript does with ``setStateValue``: the callbacks are called, and the page runs."""
    proto, states = _proto(app, key), app._tree.get_widget_states()
    kept = dict(app.session_state[proto.id])  # the browser sends the whole state, whatever changed in it
    states.widgets.add(id=proto.id, json_value=json.dumps(kept | values))
    app._run(states)


def select(app: AppTest, *ids: str) -> None:
    """Selects blocks on the canvas, which says what it knows of Python's own selections."""
    version = shown(app, "canvas")["selection"]["version"]
    set_state(app, "canvas", selected={"ids": list(ids), "version": version})
    assert not app.exception


def press(app: AppTest, key: str, event: str, value: Any) -> None:
    """What a component's JavaScript does with ``setTriggerValue``."""
    states = app._tree.get_widget_states()
    payload = json.dumps([{"event": event, "value": value}])
    states.widgets.add(id=_make_trigger_id(_proto(app, key).id, "events"), json_trigger_value=payload)
    app._run(states)


def do(app: AppTest, *operations: dict[str, Any], first: int | None = None, client: str = CLIENT) -> None:
    """Sends operations of the canvas, numbered from ``first``; None: behind the last one that was acknowledged."""
    data = shown(app, "canvas")
    if first is None:
        first = data["acknowledged"] + 1
    numbered = [{**operation, "number": first + place} for place, operation in enumerate(operations)]
    # another number each time, as the browser counts its sendings: what is equal to the last state is no change
    outbox = {"draft": data["draft"], "client": client, "sending": next(_sendings), "operations": numbered}
    set_state(app, "canvas", outbox=outbox)
    assert not app.exception


def tiles(app: AppTest) -> dict[str, dict[str, Any]]:
    """The tiles of the strip of totals, by the names of their figures."""
    return {tile["name"]: tile for tile in shown(app, "totals")["totals"]}
