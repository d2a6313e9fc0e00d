"""What holds for the findings and fixes of any design."""

from __future__ import annotations

from hypothesis import assume, given, settings

from bnn_designer.advisor import advise, fix_all
from bnn_designer.design import Design, apply_edit
from bnn_designer.design.edits import parse_edit
from bnn_designer.errors import DesignError
from bnn_designer.graph import lower
from tests.cost.designs import designs as deployable
from tests.strategies import designs, networks


def _lowers(design: Design) -> bool:
    try:
        lower(design)
    except DesignError:
        return False
    return True


def _apply_each(design: Design) -> None:
    """Each fix alone removes its finding and leaves a network; each choice leaves a network."""
    findings = advise(design)
    assert findings == advise(design)
    for finding in findings:
        assert finding.rule != "design"
        for offer in (finding.fix, *finding.choices):
            if offer is None:
                continue
            changed = design
            for edit in offer.edits:
                changed = apply_edit(changed, parse_edit(edit.model_dump(mode="json")))
            lower(changed)
            if offer is finding.fix:
                left = {(one.rule, one.block_id) for one in advise(changed)}
                assert (finding.rule, finding.block_id) not in left


@settings(max_examples=40)
@given(networks())
def test_a_fix_removes_its_finding(design: Design) -> None:
    assume(_lowers(design))
    _apply_each(design)


@settings(max_examples=20)
@given(deployable())
def test_a_fix_removes_its_finding_of_a_deployable_design(design: Design) -> None:
    assume(_lowers(design))
    _apply_each(design)


@settings(max_examples=40)
@given(networks() | deployable())
def test_fixing_ends_in_a_network_without_fixes(design: Design) -> None:
    assume(_lowers(design))
    fixed = fix_all(design)
    lower(fixed.design)
    assert fixed == fix_all(design)
    done = {(one.rule, one.block_id) for one in fixed.applied}
    assert all(one.fix is None or (one.rule, one.block_id) in done for one in fixed.left)


@given(designs())
def test_advising_never_raises(design: Design) -> None:
    for finding in advise(design):
        assert finding.message
        finding.to_data()
