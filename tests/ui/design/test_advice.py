from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given

from bnn_designer.advisor import RULES, SEVERITIES, advise
from bnn_designer.design import Design
from bnn_designer.design.blocks import BinaryConv, Conv, GlobalPool, Head
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.runs.drafts import Drafts
from bnn_designer.ui.design.advice import apply_all, apply_fix, by_block, findings, worst
from bnn_designer.ui.design.advice_view import _MEANINGS
from bnn_designer.ui.shared.look import SEVERITY_COLORS, SEVERITY_SIGNS
from tests.strategies import networks
from tests.ui.components import do, shown
from tests.ui.conftest import OpenPage, texts

#: A ReLU in front of a sign: all signs are +1, and the network cannot learn.
DEAD = Design(
    blocks=(
        Conv(filters=32, batch_norm={}, activation="relu"),
        BinaryConv(filters=32, batch_norm={}),
        GlobalPool(),
        Head(),
    )
)


@given(networks())
def test_every_fix_that_is_offered_changes_the_design(design: Design) -> None:
    for finding in findings(design):
        for fix in (*((finding.fix,) if finding.fix else ()), *finding.choices):
            after = apply_fix(design, finding.rule, finding.block_id, fix.label)
            assert after != design or not fix.edits


def test_a_fix_of_a_finding_that_is_gone_changes_nothing() -> None:
    assert apply_fix(DEAD, "relu-feeds-sign", "conv_9", "anything") == DEAD


def test_all_fixes_leave_fewer_findings() -> None:
    assert len(advise(apply_all(DEAD))) < len(advise(DEAD))


def test_the_worst_finding_marks_a_block() -> None:
    found = by_block(findings(DEAD))
    assert worst(()) is None
    assert "error" in {worst(mine) for mine in found.values()}
    assert sum(len(mine) for mine in found.values()) == len(findings(DEAD))


def test_every_severity_has_a_sign_beside_its_color() -> None:
    assert set(SEVERITY_SIGNS) == set(SEVERITY_COLORS) == set(SEVERITIES)
    assert len(set(SEVERITY_SIGNS.values())) == len(SEVERITIES)


def test_findings_name_rule_block_evidence_and_source(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(DEAD).id, view="Advice")
    assert not app.exception
    finding = next(one for one in findings(DEAD) if one.severity == "error")
    said = texts(app).replace("\\", "")
    assert finding.message in said
    assert all(evidence.source in said for evidence in finding.evidence)
    title = next(rule.title for rule in RULES if rule.id == finding.rule)
    assert any(title[1:] in expander.label for expander in app.expander)
    app.button(key=f"advice.{finding.rule}.{finding.block_id}.select").click().run()
    assert app.query_params["block"] == finding.block_id


def test_a_press_mends_and_undo_takes_it_back(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(DEAD)
    app = open_page(draft=draft.id, view="Advice")
    finding = next(one for one in findings(DEAD) if one.fix is not None)
    app.button(key=f"advice.{finding.rule}.{finding.block_id}.fix.0").click().run()
    assert not app.exception
    changed = drafts.get(draft.id).design
    assert changed != DEAD
    assert (finding.rule, finding.block_id) not in {(one.rule, one.block_id) for one in findings(changed)}
    do(app, {"kind": "undo"})
    assert drafts.get(draft.id).design.blocks == draft.design.blocks
    app.button(key="fix_all").click().run()
    assert drafts.get(draft.id).undo_steps == 1


@given(networks())
def test_a_rule_says_one_thing_of_a_block(design: Design) -> None:
    """By rule and block a page tells its buttons apart, and a press finds its fix again."""
    named = [(one.rule, one.block_id) for one in findings(design)]
    assert len(set(named)) == len(named)


@pytest.mark.parametrize("name", PRESETS)
def test_the_fixes_of_a_rule_are_offered_with_their_number(open_page: OpenPage, drafts: Drafts, name: str) -> None:
    design = preset(name)
    app = open_page(draft=drafts.create(design).id, view="Advice")
    offered = {str(button.key): button.label for button in app.button if str(button.key).startswith("fix_all.")}
    fixes = Counter(one.rule for one in findings(design) if one.fix is not None)
    assert offered == {
        f"fix_all.{one.severity}.{one.rule}": f"Fix all {fixes[one.rule]} of this kind"
        for one in findings(design)
        if fixes[one.rule] > 1
    }


def test_all_of_a_kind_are_mended_in_one_step(open_page: OpenPage, drafts: Drafts) -> None:
    draft = drafts.create(preset("binarynet"))
    app = open_page(draft=draft.id, view="Advice")
    app.button(key="fix_all.warning.pad-values").click().run()
    assert not app.exception
    changed = drafts.get(draft.id)
    assert changed.undo_steps == 1
    assert "pad-values" not in {one.rule for one in findings(changed.design)}


def test_a_finding_stands_in_the_settings_and_on_the_card_of_its_block(open_page: OpenPage, drafts: Drafts) -> None:
    finding = next(one for one in findings(DEAD) if one.severity == "error")
    app = open_page(draft=drafts.create(DEAD).id, block=finding.block_id, view="Layers")
    assert finding.message in texts(app).replace("\\", "")
    card = next(row for row in shown(app, "canvas")["rows"] if row["id"] == finding.block_id)
    assert (card["sign"], card["finding"]) == (SEVERITY_SIGNS["error"], finding.message)


def test_presets_have_no_errors() -> None:
    assert worst(findings(preset("bi-real-cifar"))) != "error"


def test_a_rule_with_findings_of_two_severities_has_a_button_for_each(open_page: OpenPage, drafts: Drafts) -> None:
    """Padding by zeros in BinaryNet: a warning where it stops packed output, a hint elsewhere."""
    app = open_page(draft=drafts.create(preset("binarynet")).id)
    assert not app.exception
    keys = [button.key for button in app.button if str(button.key).endswith(".pad-values")]
    assert {"fix_all.warning.pad-values", "fix_all.hint.pad-values"} <= set(keys)


def test_a_network_that_only_goes_on_has_no_error(open_page: OpenPage, drafts: Drafts) -> None:
    app = open_page(draft=drafts.create(Design(blocks=(Conv(filters=32),))).id)
    assert "The rules need a whole network" in texts(app)
    assert "1 error" not in texts(app)
    # one that stands at a block is one
    wrong = Conv(filters=8, kernel_size=(99, 99), padding="valid")
    app = open_page(draft=drafts.create(Design(blocks=(wrong, GlobalPool(), Head()))).id)
    assert "1 error" in texts(app)


def test_no_severity_is_told_in_the_words_of_training() -> None:
    """A "smaller loss" is what training aims at."""
    assert not any(re.search(r"\bloss\b", text) for text in _MEANINGS.values())
