from __future__ import annotations

import re

import pandas as pd

from bnn_designer.cost import cost
from bnn_designer.design.presets import preset
from bnn_designer.ui.design.cost_table import COLUMNS, cost_table
from bnn_designer.ui.design.operator_table import OPERATOR_TITLES
from bnn_designer.ui.shared.glossary import explain


def test_the_columns_sum_to_the_report() -> None:
    report = cost(preset("binarynet"))
    table = cost_table(report.layers)
    assert list(table.columns) == [name for name, _, _ in COLUMNS]
    assert table["params_1"].sum() == report.larq.params_by_bits[1]
    assert table["params_32"].sum() == report.larq.params_by_bits[32]
    assert table["macs_1"].sum() == report.larq.macs_by_bits[1]
    assert table["memory"].sum() * 1024 * 8 == report.larq.memory_bits


def test_what_a_layer_has_not_is_empty_and_not_zero() -> None:
    table = cost_table(cost(preset("binarynet")).layers).set_index("layer")
    assert pd.isna(table.loc["flatten_1", "params_1"])
    assert pd.isna(table.loc["flatten_1", "macs_32"])
    assert table.loc["flatten_1", "precision"] == "—"


def test_a_table_of_nothing_has_its_columns() -> None:
    assert len(cost_table(())) == 0


def test_every_abbreviation_of_a_head_is_explained_in_its_help() -> None:
    heads = [(title, text) for _, title, text in COLUMNS] + list(OPERATOR_TITLES.values())
    for title, text in heads:
        own = text.partition("\n\n")[0]  # before the explanations, which have words of their own
        for short in ("BN", "MAC", "MACs", "OPs", "BWN", "BAN", "LCE", "arena", "im2col", "KiB"):
            if re.search(rf"\b{short}\b", f"{title} {own}"):
                assert explain(short) in text, (title, short)
