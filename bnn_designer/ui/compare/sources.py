"""The designs that can be compared, each under a name that stands in the address.

``draft:ab12cd34`` and ``preset:quicknet`` are what they say, ``variant:ends-8-bit`` is a variant of the tab's own
draft, ``version:ab12cd34`` one of its named versions, and ``run:ab12cd34`` the design that a training run was started
with, whatever has become of the draft since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bnn_designer.compare import VARIANTS
from bnn_designer.design import Design
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.errors import BnnDesignerError, DesignError
from bnn_designer.runs.drafts import Draft
from bnn_designer.runs.records import RunRecord
from bnn_designer.ui.compare.what_if_table import variant_title, variants
from bnn_designer.ui.shared import state
from bnn_designer.units import time_text

#: How many designs stand side by side.
MOST = 6
_RECENT = 50


@dataclass(frozen=True)
class Chosen:
    """One of the designs that are compared.

    Attributes:
        source: its name in the address.
        title: its name on the page.
        kind: what it is, in a few words.
    """

    source: str
    title: str
    kind: str
    design: Design


def draft_source(draft_id: str) -> str:
    return f"draft:{draft_id}"


def preset_source(name: str) -> str:
    return f"preset:{name}"


def variant_source(name: str) -> str:
    return f"variant:{name}"


def run_source(run_id: str) -> str:
    return f"run:{run_id}"


def offered(draft: Draft | None, runs: Sequence[RunRecord]) -> dict[str, str]:
    """Every design that can be chosen, and what it is called in the list; the tab's draft and its variants first."""
    found: dict[str, str] = {}
    if draft is not None:
        found[draft_source(draft.id)] = f"{draft.design.name} · this draft"
        for version in state.drafts().snapshots(draft.id):
            found[f"version:{version.id}"] = f"{version.name} · version of this draft"
        for variant in VARIANTS:
            found[variant_source(variant.name)] = f"Variant · {variant.group}: {variant.title}"
    for item in state.drafts().recent(_RECENT):
        found.setdefault(draft_source(item.id), f"{item.name} · draft of {time_text(item.updated_at)} · {item.id}")
    found |= {preset_source(name): f"{name} · preset" for name in PRESETS}
    found |= {run_source(run.id): f"{run.name} · as trained in run {run.id}" for run in runs[:_RECENT]}
    return found


def resolve(sources: Sequence[str], draft: Draft | None) -> tuple[list[Chosen], list[str]]:
    """The designs of some sources, and a sentence for each that is not there."""
    found: list[Chosen] = []
    problems: list[str] = []
    for source in sources:
        try:
            found.append(_resolve(source, draft))
        except BnnDesignerError as error:
            problems.append(str(error))
    return found, problems


def _resolve(source: str, draft: Draft | None) -> Chosen:
    kind, _, name = source.partition(":")
    if kind == "preset":
        return Chosen(source, name, "preset", preset(name))
    if kind == "draft":
        found = draft if draft is not None and draft.id == name else state.drafts().get(name)
        return Chosen(source, found.design.name, f"draft {name}", found.design)
    if kind == "run":
        run = state.store().run(name)
        return Chosen(source, run.name, f"as trained, run {name}", run.design)
    if kind == "version":
        return _version(source, name, draft)
    if kind == "variant":
        return _variant(source, name, draft)
    raise DesignError(source, "this is no design's name", "Choose designs from the list")


def _version(source: str, version_id: str, draft: Draft | None) -> Chosen:
    design = state.drafts().snapshot_design(version_id)
    versions = state.drafts().snapshots(draft.id) if draft else []
    title = next((one.name for one in versions if one.id == version_id), design.name)
    return Chosen(source, title, f"version of {design.name}", design)


def _variant(source: str, name: str, draft: Draft | None) -> Chosen:
    if draft is None:
        raise DesignError(source, "a variant belongs to a draft, and none is open", "Choose a draft under What if")
    outcome = next((one for one in variants(draft.design).outcomes if one.variant.name == name), None)
    if outcome is None:
        raise DesignError(source, "there is no variant of this name", "Choose designs from the list")
    if outcome.design is None:
        rule = f"the variant {outcome.variant.group}: {outcome.variant.title} does not apply ({outcome.reason})"
        raise DesignError(draft.design.name, rule, "Choose another one")
    return Chosen(source, variant_title(outcome), f"variant of {draft.design.name}", outcome.design)
