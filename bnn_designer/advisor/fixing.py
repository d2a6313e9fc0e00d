"""All mechanical fixes of a design at once, in rounds: what the fixes of one round say stays true beside each other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bnn_designer.advisor.advise import advise, findings_of
from bnn_designer.advisor.finding import Finding
from bnn_designer.advisor.local import Places, Row, makes, translated
from bnn_designer.design import Design, apply_edit, walk
from bnn_designer.design.blocks import children
from bnn_designer.design.document import next_id
from bnn_designer.design.edits import Edit, Remove, Update
from bnn_designer.errors import DesignError
from bnn_designer.graph import lower

#: So many rounds are made. Two or three do for real designs; the bound is for documents made to need more.
MAX_ROUNDS = 20
#: So often the design is lowered in a round, to find the fixes that exclude each other.
MAX_TRIALS = 16


@dataclass(frozen=True)
class Fixed:
    """A design after all its mechanical fixes.

    Attributes:
        design: the document.
        applied: the findings whose fixes were applied, in that order.
        left: the findings that remain.
    """

    design: Design
    applied: tuple[Finding, ...]
    left: tuple[Finding, ...]


def fix_all(design: Design, rule: str | None = None) -> Fixed:
    """Applies fixes in rounds until none is left; each rule mends each block once, so that it ends.

    What two rules ask in opposite directions is not a fix but a choice, and stays.

    Args:
        design: the document.
        rule: apply the fixes of this rule only, by its name; None: of all.
    """
    applied: list[Finding] = []
    done: set[tuple[str, str]] = set()
    for _ in range(MAX_ROUNDS):
        findings, places = findings_of(design, priced=False)
        if places is None:
            break
        wanted = [
            finding
            for finding in findings
            if finding.fix and rule in (None, finding.rule) and (finding.rule, finding.block_id) not in done
        ]
        this = _Round(places, _State(design))
        for fixes in _beside_each_other(wanted, places):
            this.apply(fixes)
        if not this.applied:
            break
        design = this.state.design
        applied += this.applied
        done |= {(finding.rule, finding.block_id) for finding in this.applied}
    return Fixed(design, tuple(applied), advise(design))


#: A fix with the part of a row that it rebuilds; None where it changes fields only.
_Chosen = tuple[Finding, Row | None]


def _beside_each_other(findings: list[Finding], places: Places) -> tuple[list[_Chosen], list[_Chosen]]:
    """Fixes that change neither a field nor a part of a row twice, nor a field of what another replaces.

    Those that change fields only, and those that rebuild a part of a row, in the order of their rows.
    """
    rebuilding: list[_Chosen] = []
    changing: list[_Chosen] = []
    taken: set[tuple[str | None, str | int]] = set()  # fields of blocks, and places of rows
    removed: set[str] = set()
    alone: Finding | None = None
    for finding in sorted(findings, key=_changes_fields_only):
        edits = finding.fix.edits if finding.fix else ()
        mine = _fields(edits, places)
        row = None if _changes_fields_only(finding) else places.row(edits)
        if row is not None:
            mine |= {(row.parent, place) for place in range(row.first, row.last + 1)}
        elif not _changes_fields_only(finding):
            alone = alone or finding  # what may touch anything
            continue
        if mine & taken or any(block_id in removed for block_id, _ in mine):
            continue
        taken |= mine
        removed.update(edit.block_id for edit in edits if isinstance(edit, Remove))
        (changing if row is None else rebuilding).append((finding, row))
    if alone is not None and not rebuilding and not changing:
        return [], [(alone, None)]
    return changing, sorted(rebuilding, key=lambda one: one[1].first if one[1] is not None else 0)


def _changes_fields_only(finding: Finding) -> bool:
    return finding.fix is not None and all(isinstance(edit, Update) for edit in finding.fix.edits)


def _fields(edits: tuple[Edit, ...], places: Places) -> set[tuple[str | None, str | int]]:
    """The fields of the design's blocks that edits change, each with its block's id."""
    updates = (edit for edit in edits if isinstance(edit, Update) and edit.block_id in places.positions)
    return {(edit.block_id, name) for edit in updates for name in edit.changes}


@dataclass(frozen=True)
class _State:
    """A design in the middle of a round.

    Attributes:
        design: so far.
        grown: by how many blocks each row has grown in front of what comes next, by the id of the row's holder.
    """

    design: Design
    grown: dict[str | None, int] = field(default_factory=dict)


class _Round:
    """Applies fixes that were found for one design, each as it means the same after those before it."""

    def __init__(self, places: Places, state: _State) -> None:
        self.places, self.state = places, state
        self.applied: list[Finding] = []
        self.trials = 0

    def apply(self, chosen: list[_Chosen]) -> None:
        """All at once, and where that is not a network, each half of them by itself.

        Lowering a design takes longer than editing it.
        """
        if not chosen or self.trials == MAX_TRIALS:
            return
        self.trials += 1
        state = self._with_all(chosen)
        if state is not None:
            self.state = state
            self.applied += [finding for finding, _ in chosen]
        elif len(chosen) > 1:
            self.apply(chosen[: len(chosen) // 2])
            self.apply(chosen[len(chosen) // 2 :])

    def _with_all(self, chosen: list[_Chosen]) -> _State | None:
        """None where an edit is refused, or the result is not a network."""
        state = replace(self.state, grown=dict(self.state.grown))
        taken = {block.id for _, block in walk(state.design.blocks)}
        try:
            for finding, row in chosen:
                state = self._with(state, finding.fix.edits if finding.fix else (), row, taken)
            lower(state.design)
        except DesignError:
            return None
        return state

    def _with(self, state: _State, edits: tuple[Edit, ...], row: Row | None, taken: set[str]) -> _State:
        design, names = state.design, dict[str, str]()
        if row is None:
            for edit in edits:
                design = apply_edit(design, edit)
            return replace(state, design=design)
        grown = state.grown.get(row.parent, 0)
        for edit, name in zip(edits, self.places.new_ids(edits), strict=True):
            if name is not None:
                names[name] = next_id(makes(edit), taken)
                taken.add(names[name])
            design = apply_edit(design, translated(edit, names, row.parent, row.parent, grown))
        state.grown[row.parent] = len(_row(design, row.parent)) - len(self.places.siblings(row.parent))
        return replace(state, design=design)


def _row(design: Design, parent: str | None) -> tuple[object, ...]:
    return design.blocks if parent is None else children(design.find(parent))
