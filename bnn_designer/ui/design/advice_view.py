"""What the advisor finds: at each block, with its evidence and its source, and a button that mends it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from bnn_designer.advisor import RULES, SEVERITIES, Finding
from bnn_designer.cost.partial import figures
from bnn_designer.design import Design
from bnn_designer.ui.design.advice import apply_all, apply_fix, findings
from bnn_designer.ui.shared import drafting, state
from bnn_designer.ui.shared.look import SEVERITY_COLORS, SEVERITY_SIGNS, error_text, escape_markdown
from bnn_designer.units import sentence

_TITLES = {rule.id: rule.title for rule in RULES}
_MEANINGS = {
    "error": "the network cannot learn or cannot be deployed",
    "warning": "accuracy suffers, or most of what binarization gains is lost",
    "hint": "worth a look",
}


def draw_advice(design: Design) -> None:
    """All findings by severity, and a button that applies every mechanical fix."""
    if not design.blocks:
        st.caption("What the field's rules say of the network appears here, as soon as there is one.")
        return
    found = findings(design)
    if (error := figures(design).error) is not None and figures(design).error_block_id is None:
        # nothing is wrong with any block: that the network goes on is no error of the person who builds it
        st.caption(f"The rules need a whole network. {error_text(error)}")
        return
    if not found:
        st.success("No findings: the design follows every rule the advisor knows.")
        return
    mendable = sum(finding.fix is not None for finding in found)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(", ".join(f"**{_count(found, severity)}**" for severity in SEVERITIES if _of(found, severity)))
        st.button(
            f"Apply all fixes ({mendable})",
            key="fix_all",
            disabled=not mendable,
            help="As one step that can be undone. Where two rules conflict, nothing is changed.",
            on_click=_change,
            args=(apply_all,),
        )
    for severity in SEVERITIES:
        mine = _of(found, severity)
        if mine:
            st.markdown(f"**{severity.capitalize()}s** :gray[· {_MEANINGS[severity]}]")
            for rule in dict.fromkeys(finding.rule for finding in mine):
                _draw_rule(rule, found, tuple(finding for finding in mine if finding.rule == rule))


def _draw_rule(rule: str, every: tuple[Finding, ...], found: tuple[Finding, ...]) -> None:
    """All blocks that break one rule equally badly; hints wait behind a press. ``every``: all findings."""
    places = f"{len(found)} blocks" if len(found) > 1 else "1 block"
    title = f"{escape_markdown(_title(rule))} :gray[· {places}]"
    with st.expander(title, expanded=found[0].severity != "hint"):
        mendable = sum(finding.fix is not None for finding in every if finding.rule == rule)
        if mendable > 1:
            st.button(
                f"Fix all {mendable} of this kind",
                key=f"fix_all.{found[0].severity}.{rule}",
                help="As one step that can be undone.",
                on_click=_change,
                args=(partial(apply_all, rule=rule),),
            )
        left, right = st.columns(2, gap="medium")
        with left:
            draw_findings(found[::2], "advice")
        with right:
            draw_findings(found[1::2], "advice")


def _title(rule: str) -> str:
    """A rule in a few words; what is not a network breaks none of them."""
    title = _TITLES.get(rule, "not a network yet")
    return sentence(title)


def draw_findings(found: tuple[Finding, ...], key: str, with_path: bool = True) -> None:
    """One box a finding.

    Args:
        found: the findings.
        key: makes the buttons' keys unique where findings are drawn twice.
        with_path: whether to name the block, as a button that selects it; else the rule is named.
    """
    for finding in found:
        with st.container(border=True, gap="xsmall"):
            _draw_finding(finding, f"{key}.{finding.rule}.{finding.block_id}", with_path)


def _draw_finding(finding: Finding, key: str, with_path: bool) -> None:
    color, sign = SEVERITY_COLORS[finding.severity], SEVERITY_SIGNS[finding.severity]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        title = "" if with_path else f" · {escape_markdown(_title(finding.rule))}"
        st.markdown(f":{color}[{sign} **{finding.severity}**]{title}")
        if with_path and finding.block_id:
            st.button(
                f"`{finding.path}`",
                key=f"{key}.select",
                type="tertiary",
                help="Select this block on the canvas.",
                on_click=state.select,
                args=((finding.block_id,),),
            )
    st.markdown(escape_markdown(finding.message))
    for evidence in finding.evidence:
        st.caption(f"{escape_markdown(evidence.text)} — {escape_markdown(evidence.source)}")
    offered = (*((finding.fix,) if finding.fix else ()), *finding.choices)
    if not offered:
        return
    if finding.choices:
        st.caption("Two rules conflict here, so the choice is yours:")
    with st.container(horizontal=True):
        for index, fix in enumerate(offered):
            change = partial(apply_fix, rule=finding.rule, block_id=finding.block_id, label=fix.label)
            st.button(
                escape_markdown(fix.label),
                key=f"{key}.fix.{index}",
                help="Changes the draft; can be undone.",
                on_click=_change,
                args=(change,),
            )


def _change(change: Callable[[Design], Design]) -> None:
    drafting.change_draft(change)


def _of(found: tuple[Finding, ...], severity: str) -> tuple[Finding, ...]:
    return tuple(finding for finding in found if finding.severity == severity)


def _count(found: tuple[Finding, ...], severity: str) -> str:
    number = len(_of(found, severity))
    return f"{number} {severity}{'s' if number > 1 else ''}"
