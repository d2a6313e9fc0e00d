"""What the Export page exports: which network, by the address, and those that there are to choose from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bnn_designer.compare import network_key
from bnn_designer.design import Design
from bnn_designer.export.source import Kind, Source, design_source, run_source
from bnn_designer.runs.drafts import Draft
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store
from bnn_designer.ui.shared.trained_runs import design_of
from bnn_designer.units import percent_text

#: Of the newest runs so many are offered; a link names any of them.
MOST_RUNS = 100
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Network:
    """What is chosen.

    Attributes:
        design: of the run or the draft.
        source: where its exports are kept.
        name: for people.
        key: as in :func:`run_key` and :func:`design_key`.
    """

    design: Design
    source: Source
    name: str
    key: str

    @property
    def kind(self) -> Kind:
        return self.source.kind


def of_run(store: Store, run: RunRecord) -> Network:
    """A run as what is exported. Raises DesignError where its design cannot be read any more."""
    return Network(run.design, run_source(store, run.id), run.name, run_key(run.id))


def of_draft(store: Store, draft: Draft) -> Network:
    """A draft's design as it is now."""
    return Network(draft.design, design_source(store, draft.design), draft.design.name, design_key(draft.id))


def run_key(run_id: str) -> str:
    return f"run:{run_id}"


def design_key(draft_id: str) -> str:
    return f"design:{draft_id}"


def why_not(store: Store, run: RunRecord) -> str:
    """Why a run cannot be exported now; "" where it can."""
    if not run.ended:
        return f"Run {run.id} has not ended. It can be exported when it has; cancel or pause it to export it now."
    if not store.checkpoint_path(run.id).is_file():
        return f"Run {run.id} has no finished epoch, and so no weights. Train it again, or choose another run."
    return ""


def trained(store: Store, runs: Sequence[RunRecord]) -> list[RunRecord]:
    """The newest of the runs that can be exported."""
    found: list[RunRecord] = []
    for run in runs:
        if len(found) == MOST_RUNS:
            break
        if not why_not(store, run):
            found.append(run)
    return found


def of_same_network(design: Design, runs: Sequence[RunRecord], most: int = 3) -> list[RunRecord]:
    """The runs whose network is the design's, names aside, the best first."""
    wanted = network_key(design)
    same = [run for run in runs if (its := design_of(run.design_json)) is not None and network_key(its) == wanted]
    return sorted(same, key=lambda run: run.best_val_accuracy or 0.0, reverse=True)[:most]


def run_text(run: RunRecord) -> str:
    """A run in the list: its accuracy tells it from others of the same name."""
    return f"{run.name} · run {run.id} · {percent_text(run.best_val_accuracy)}"


def design_text(name: str, draft_id: str) -> str:
    return f"{name} · design {draft_id}, without weights"


def file_name(name: str, source: Source, target: str) -> str:
    """The name of the download: the network's, without what file systems and shells do not like, id and target."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "network"
    return f"{plain[:_LONGEST_NAME]}-{source.id}-{target}.zip"
