"""How much is used of what a server limits, without a walk through all folders of runs at every run of a page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from bnn_designer.runs.limits import Limits, Usage, usage_of_disk
from bnn_designer.ui.shared import state

#: Seconds that what the disk holds is kept. Queueing a run looks again.
_DISK_KEPT_S = 10


def usage_now(allowed: Limits, person: str | None) -> Usage:
    """What there is of all that the server limits, of the disk as it was a moment ago.

    Args:
        allowed: the server's limits.
        person: whose runs are counted.
    """
    store = state.store()
    return store.usage(person, _disk(allowed, store.home))


@st.cache_data(ttl=_DISK_KEPT_S, show_spinner=False)
def _disk(allowed: Limits, home: Path) -> Usage:
    return usage_of_disk(allowed, home)
