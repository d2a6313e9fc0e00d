"""Drafts in the same stores."""

from __future__ import annotations

import pytest

from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store


@pytest.fixture
def drafts(store: Store) -> Drafts:
    return Drafts(store.engine)
