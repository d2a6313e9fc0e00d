"""The runs that the lesson on the first and the last layer draws beside the published ones, and the way to others.

In a class they are the class's, without others' nicknames: a student sees which network somebody trained, not who.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from bnn_designer.classroom.own_ends import OF_CLASS, OF_SERVER, YOURS, OwnRun, chosen_runs, own_ends
from bnn_designer.lessons import ends
from bnn_designer.runs.classes import Member
from bnn_designer.runs.classes.runs import epochs_in_class, runs_of_class
from bnn_designer.runs.curves import epochs_of
from bnn_designer.runs.newest import newest_with_accuracy
from bnn_designer.runs.people import same_person
from bnn_designer.runs.records import RunRecord
from bnn_designer.ui.learn.way_on import short_run_text, train_briefly
from bnn_designer.ui.shared import membership, sign_in, state, tab

#: Outside of a class: so many runs are looked through.
_MOST_RUNS = 300


def own_runs() -> tuple[str, Mapping[tuple[str, str], OwnRun]]:
    """What the figure calls them, and by the precisions of the two layers one's own run, or else the class's newest.

    Raises:
        StoreFault: the store cannot be read now.
    """
    store, member = state.store(), membership.member()
    if member is not None:
        chosen = chosen_runs(_runs_of_class(member))
        return "Runs of your class", own_ends(chosen, epochs_in_class(store, (run for run, _ in chosen.values())))
    owners, runs = _runs_of_one(tab.notes().person)
    chosen = chosen_runs(runs)
    return owners, own_ends(chosen, epochs_of(store, [run.id for run, _ in chosen.values()]))


def draw_missing_ends(given: Mapping[str, Any]) -> None:
    """Buttons that train what the figure has no run of yet.

    Args:
        given: what the figure was given, see :func:`bnn_designer.ui.learn.ends_data.curves`.
    """
    missing = [one["name"] for one in given["precisions"] if one["own"] is None]
    if not missing:
        return
    pressed = ""
    with state.errors_shown(), st.container(key="unprinted_missing_ends"):
        st.markdown(f"**{given['owners']}**: train a network briefly, and its curve stands in the figure on the right.")
        with st.container(horizontal=True):
            for name in missing:
                if st.button(f"Train with {ends.PRECISIONS[name]}", key=f"train_ends_{name}"):
                    pressed = name
        st.caption(short_run_text(ends.network(missing[0], missing[0])))
    if pressed:
        train_briefly(ends.network(pressed, pressed))


def _runs_of_class(member: Member) -> list[tuple[RunRecord, str]]:
    record = membership.classes().by_id(member.class_id)
    found = runs_of_class(state.store(), record)
    return [(run, YOURS if nickname == member.nickname else OF_CLASS) for run, nickname in found]


def _runs_of_one(person: str | None) -> tuple[str, list[tuple[RunRecord, str]]]:
    """Of an account that is signed in, else under the name that this tab gives, else all; and what they are called."""
    runs = newest_with_accuracy(state.store(), _MOST_RUNS)
    if sign_in.identity() is not None:
        return "Your runs", [(run, YOURS) for run in runs]
    if person is None:
        return "Runs of this server", [(run, OF_SERVER) for run in runs]
    mine = same_person(person)
    return "Your runs", [(run, YOURS) for run in runs if same_person(run.person) == mine]
