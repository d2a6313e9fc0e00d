"""The settings of the selected blocks: only the fields that they have, in the groups in which people think of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from bnn_designer.cost import DeployOptions
from bnn_designer.cost.partial import Figures
from bnn_designer.design import Block, Design, Edit
from bnn_designer.design.edits import Update
from bnn_designer.design.moves import together
from bnn_designer.design.series import is_one_dimensional
from bnn_designer.picture.outline import detail, precision
from bnn_designer.ui.design.advice import by_block, findings
from bnn_designer.ui.design.advice_view import draw_findings
from bnn_designer.ui.design.bits_view import draw_verdicts, verdicts_of, verdicts_text
from bnn_designer.ui.design.canvas.cards import card_title
from bnn_designer.ui.design.field_costs import field_costs
from bnn_designer.ui.shared import drafting
from bnn_designer.ui.shared.block_form import draw_fields, with_field
from bnn_designer.ui.shared.fields import FieldSpec, form_fields
from bnn_designer.ui.shared.glossary import words_in
from bnn_designer.ui.shared.look import error_text, escape_markdown, kind_help, kind_title

#: The groups of a form and their fields; fields that stand in none of them are in the first.
_GROUPS: dict[str, tuple[str, ...]] = {
    "Shape": (),
    "Precision": ("input_quantizer", "kernel_quantizer", "kernel_constraint"),
    "Normalization and activation": ("use_bias", "batch_norm", "activation", "order"),
    "Name": ("label",),
}


def draw_inspector(design: Design, known: Figures, selected: Sequence[str], options: DeployOptions) -> None:
    """The fields of one block, or those that several have in common; a hint where none is selected."""
    if not selected:
        st.markdown("**Settings**")
        st.caption(
            "Select a block on the canvas to set it up here. Several at once: hold Shift or Ctrl, or Select several."
        )
        return
    blocks = [design.find(block_id) for block_id in selected]
    if len(blocks) == 1:
        _draw_one(design, known, blocks[0])
    else:
        st.markdown(f"**{len(blocks)} blocks**")
        st.caption(
            escape_markdown(", ".join(card_title(block) for block in blocks[:6])) + (", …" if len(blocks) > 6 else "")
        )
    _draw_form(design, blocks, options)


def _draw_one(design: Design, known: Figures, block: Block) -> None:
    st.markdown(f"**{escape_markdown(card_title(block))}** :gray[{kind_title(block.kind)}, {design.path_of(block.id)}]")
    st.caption(kind_help(block.kind))
    if known.error is not None and known.error_block_id == block.id:
        st.error(error_text(known.error), icon="⚠️")
    mine = by_block(findings(design)).get(block.id, ()) if known.report is not None else ()
    if mine:
        with st.expander(f"Advice: {len(mine)} finding{'s' if len(mine) > 1 else ''}"):
            draw_findings(mine, "inspector", with_path=False)
    _draw_bits(design, known, block)
    _draw_words(f"{kind_title(block.kind)} {detail(block)} {precision(block)}")


def _draw_words(text: str) -> None:
    """The abbreviations on a block's card, each with its two lines."""
    words = words_in(text)
    if words:
        with st.expander(f"Words: {', '.join(word.term for word in words)}"):
            for word in words:
                st.markdown(f"**{escape_markdown(word.term)}**: {escape_markdown(word.meaning)}")
                st.caption(escape_markdown(word.matters))


def _draw_bits(design: Design, known: Figures, block: Block) -> None:
    found = verdicts_of(design).get(block.id) if known.report is not None else None
    if found:
        with st.expander(verdicts_text(found)):
            draw_verdicts(found)


def common_fields(blocks: Sequence[Block]) -> tuple[FieldSpec, ...]:
    """The fields that all blocks have in the same way, in the order of the first one's form."""
    first, *others = (form_fields(type(block)) for block in blocks)
    return tuple(spec for spec in first if all(spec in fields for fields in others))


def _draw_form(design: Design, blocks: Sequence[Block], options: DeployOptions) -> None:
    fields = common_fields(blocks)
    if is_one_dimensional(design):
        fields = tuple(replace(spec, widget="width") if spec.widget == "pair" else spec for spec in fields)
    ids = tuple(block.id for block in blocks)
    values = [block.model_dump() for block in blocks]
    costs = st.toggle(
        "What a change would cost",
        key="show_costs",
        persist_state="session",
        help="Below each field, for values near it.",
    )

    def below(spec: FieldSpec) -> None:
        different = _different(spec, values)
        if different:
            st.caption(f"Now {different}.")
        if costs:
            for line in field_costs(design, ids, spec, options):
                st.caption(escape_markdown(line))

    for title, members in _groups(fields).items():
        st.markdown(f":small[**{title}**]")
        draw_fields(
            members, values[0], f"block.{'+'.join(ids)}", lambda names, value: _update(ids, names, value), below
        )


def _groups(fields: Sequence[FieldSpec]) -> dict[str, list[FieldSpec]]:
    found: dict[str, list[FieldSpec]] = {title: [] for title in _GROUPS}
    for spec in fields:
        found[next((title for title, names in _GROUPS.items() if spec.name in names), "Shape")].append(spec)
    return {title: members for title, members in found.items() if members}


def _different(spec: FieldSpec, values: Sequence[Mapping[str, Any]]) -> str:
    """The values of several blocks where they are not the same; "" where they are."""
    found = list(dict.fromkeys(str(one[spec.name]) for one in values))
    return escape_markdown(", ".join(found[:4]) + (", …" if len(found) > 4 else "")) if len(found) > 1 else ""


def _update(ids: tuple[str, ...], names: tuple[str, ...], value: Any) -> None:
    drafting.edit(lambda design: update_of(design, ids, names, value))


def update_of(design: Design, ids: Sequence[str], names: tuple[str, ...], value: Any) -> Edit:
    """The edit that sets one field, or one within a field, of blocks; each keeps the rest of that field."""
    edits = []
    for block_id in ids:
        changed = with_field(design.find(block_id).model_dump(), names, value)
        edits.append(Update(block_id=block_id, changes={names[0]: changed[names[0]]}))
    return together(edits)
