"""Drafts: designs that are being worked on, with their steps and named versions, in the same database as the runs."""

from bnn_designer.runs.drafts.drafts import Drafts
from bnn_designer.runs.drafts.records import (
    MAX_STEPS,
    Draft,
    DraftConflict,
    DraftDeleted,
    DraftError,
    DraftSummary,
    Mark,
    Snapshot,
)

__all__ = [
    "MAX_STEPS",
    "Draft",
    "DraftConflict",
    "DraftDeleted",
    "DraftError",
    "DraftSummary",
    "Drafts",
    "Mark",
    "Snapshot",
]
