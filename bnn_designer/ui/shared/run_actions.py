"""What can be done with a run, as buttons: which are offered follows from what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from bnn_designer.errors import BnnDesignerError
from bnn_designer.runs import actions, queue
from bnn_designer.runs.awaiting import NO_TEACHER
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store
from bnn_designer.training.failures import SAME_AGAIN
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.look import escape_markdown

_MORE_EPOCHS = 10


@dataclass(frozen=True)
class Action:
    """A button: its word, what it does, and what is said of it."""

    label: str
    act: Callable[[Store, str], Any]
    help: str

    def key(self, run: RunRecord) -> str:
        return f"{self.label.lower().replace(' ', '_')}_{run.id}"


PAUSE = Action("Pause", queue.pause, "Keeps its state after the step at work and makes room for others.")
CANCEL = Action("Cancel", queue.cancel, "Ends it within two seconds; what it has kept stays.")
RESUME = Action("Resume", actions.resume, "Goes on from its last state, to the very same curve.")
RETRY_TEACHER = Action(
    "Retry its teacher", actions.retry_teacher, "Queues its teacher again; this run waits for it, and learns from it."
)
WITHOUT_TEACHER = Action("Train without it", actions.without_teacher, "Trains it now, from the labels alone.")
RETRY = Action("Retry", actions.retry, "Starts it from its beginning; its curve and weights are dropped.")


def offered(run: RunRecord) -> tuple[Action, ...]:
    """The actions that the run's status allows."""
    if not run.ended:
        return (CANCEL,) if run.stopping else (PAUSE, CANCEL)
    if run.status not in actions.STOPPED:
        return ()
    if run.failure == NO_TEACHER:
        return (RETRY_TEACHER, WITHOUT_TEACHER)
    # it would end the same way again
    again = run.failure in SAME_AGAIN
    return (RETRY,) if again else (RESUME, RETRY)


def draw_actions(run: RunRecord, *, extend: bool = True) -> None:
    """A button for each action; those that drop something, or have to be told how much, open a question first.

    Args:
        extend: whether a run that has ended can be given more epochs here.
    """
    for action in offered(run):
        if action is RETRY:
            with st.popover(action.label, help=action.help):
                st.markdown("Drop its curve and its weights, and train it again from the beginning?")
                _draw_button(run, action, "Start anew")
        else:
            _draw_button(run, action)
    if extend and _may_extend(run):
        _draw_extend(run)


def draw_menu(run: RunRecord) -> None:
    """The same within a menu, where no question opens: what drops nothing, and ten more epochs."""
    for action in offered(run):
        if action is not RETRY:
            _draw_button(run, action)
    if _may_extend(run):
        label = f"Extend by {_MORE_EPOCHS} epochs"
        st.button(label, key=f"extend_{run.id}", on_click=_extend, args=(run.id, _MORE_EPOCHS))


def _draw_button(run: RunRecord, action: Action, label: str | None = None) -> None:
    st.button(
        label or action.label,
        key=action.key(run),
        help=action.help,
        disabled=action is CANCEL and run.stopping == "cancelling",
        on_click=_act,
        args=(action, run.id),
    )


def _may_extend(run: RunRecord) -> bool:
    return run.ended and run.failure not in (*SAME_AGAIN, NO_TEACHER)


def _draw_extend(run: RunRecord) -> None:
    with st.popover("Extend", help="Train it for more epochs."):
        key = f"extend_by_{run.id}"
        epochs = int(st.number_input("Epochs more", min_value=1, max_value=1000, value=_MORE_EPOCHS, key=key))
        try:
            st.caption(escape_markdown(actions.extension_text(run.recipe, epochs)))
        except BnnDesignerError as error:
            st.caption(escape_markdown(str(error)))
            return
        st.button(f"Extend by {epochs}", key=f"extend_{run.id}", on_click=_extend, args=(run.id, epochs))


def _act(action: Action, run_id: str) -> None:
    with state.reported():
        action.act(state.store(), run_id)


def _extend(run_id: str, epochs: int) -> None:
    with state.reported():
        actions.extend(state.store(), run_id, epochs)
