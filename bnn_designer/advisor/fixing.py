"""All mechanical fixes of a design at once, in rounds: what the fixes of one round say stays true beside each other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bnn_designer.advisor.advise import advise, findings_of
from bnn_designer.advisor.finding import Finding
from bnn_designer.advisor.local import Places, Row, makes, translated
from bnn_designer.design import Design, apply_edit, walk
from bnn_designer.design.blocks import children
from bnn_designer.design.document import next_id
from bnn_designer.design.edits import Edit, Update
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
        this.apply(_beside_each_other(wanted, places))
        if not this.applied:
            break
        design = this.state.design
        applied += this.applied
        done |= {(finding.rule, finding.block_id) for finding in this.applied}
    return Fixed(design, tuple(applied), advise(design))


def _beside_each_other(findings: list[Finding], places: Places) -> list[tuple[Finding, Row | None]]:
    """Fixes that change neither a field nor a part of a row twice; those of one row in its order.

    Each with the part of a row that it rebuilds; None for one that changes fields only.
    """
    chosen: list[tuple[Finding, Row | None]] = []
    alone: Finding | None = None  # what may touch anything
    fields: set[tuple[str, str]] = set()
    rebuilt: dict[str | None, set[int]] = {}
    for finding in findings:
        edits = finding.fix.edits if finding.fix else ()
        mine = {(edit.block_id, name) for edit in edits if isinstance(edit, Update) for name in edit.changes}
        mine = {(block_id, name) for block_id, name in mine if block_id in places.positions}
        row = None if all(isinstance(edit, Update) for edit in edits) else places.row(edits)
        if row is None and not all(isinstance(edit, Update) for edit in edits):
            alone = alone or finding
            continue
        if row is not None:
            span = set(range(row.first, row.last + 1))
            if span & rebuilt.get(row.parent, set()):
                continue
            rebuilt.setdefault(row.parent, set()).update(span)
        if mine & fields:
            continue
        fields |= mine
        chosen.append((finding, row))
    if not chosen and alone is not None:
        return [(alone, None)]
    return sorted(chosen, key=lambda one: one[1].first if one[1] is not None else -1)


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

    def apply(self, chosen: list[tuple[Finding, Row | None]]) -> None:
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

    def _with_all(self, chosen: list[tuple[Finding, Row | None]]) -> _State | None:
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
