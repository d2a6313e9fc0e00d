"""Every formula, computed anew from its own text, gives the figure beside it."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.cost import DeployedCost, Formula, cost
from bnn_designer.cost.deployed import operator_formulas
from bnn_designer.cost.formula import Term, formula, total
from bnn_designer.design.presets import PRESETS, preset


def computed(formula: Formula) -> float:
    """What the numbers of a formula give when Python reads them."""
    return eval(formula.numbers.replace(",", ""), {"__builtins__": {}})


@pytest.mark.parametrize("name", PRESETS)
def test_every_total_opens_to_its_own_value(name: str) -> None:
    report = cost(preset(name))
    for convention, found in report.formulas().items():
        for figure, one in found.items():
            assert computed(one) == one.value, f"{convention} {figure}: {one}"
            assert one.source
            assert one.symbolic


@pytest.mark.parametrize("name", PRESETS)
def test_every_layers_figures_open_to_their_own_values(name: str) -> None:
    report = cost(preset(name))
    for layer in report.layers:
        for one in report.layer_formulas(layer.name):
            assert computed(one) == one.value, str(one)


def test_totals_are_the_reports_figures() -> None:
    report = cost(preset("binarynet"))
    found = report.formulas()
    assert isinstance(report.deployed, DeployedCost)
    for name, one in found["deployed"].items():
        assert one.value == report.to_data()["deployed"][name]
    assert found["larq"]["params"].value == 10_359_700
    assert found["larq"]["memory_bits"].numbers == "10,352,000 + 32 * 7,700"
    assert found["larq"]["macs"].value == report.larq.macs
    for name, one in found["training_memory"].items():
        assert one.value == report.to_data()["training_memory"][name]


def test_operators_figures_are_the_programs() -> None:
    report = cost(preset("binarynet"))
    for op in report.program.operators:
        found = {one.name.removeprefix(f"{op.name}: "): one.value for one in operator_formulas(op)}
        assert found["output"] == op.output.size_bytes
        assert all(found[one.role] == one.size_bytes for one in op.constants)
        assert found.get("binary MACs", found.get("float MACs", 0)) == op.macs


def test_the_words_say_what_is_counted() -> None:
    (macs,) = (
        one for one in cost(preset("binarynet")).layer_formulas("binary_conv_2") if one.name.endswith("binary MACs")
    )
    assert macs.symbolic == (
        "output height * output width * kernel height * kernel width * channels per group * filters"
    )
    assert macs.numbers == "30 * 30 * 3 * 3 * 128 * 128"
    assert str(macs).endswith("= 30 * 30 * 3 * 3 * 128 * 128 = 132,710,400 MACs")
    signs = next(one for one in cost(preset("binarynet")).layer_formulas("binary_conv_2") if ".sign" in one.name)
    assert signs.numbers == "30 * 30 * ((128 + 32 - 1) // 32) * 4"


def test_an_unsupported_design_has_no_deployed_formulas() -> None:
    assert "deployed" not in cost(preset("dorefa-net")).formulas()


def test_a_layer_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        cost(preset("binarynet")).layer_formulas("nothing")


OPERATIONS: list[Callable[[Any, Any], Any]] = [operator.add, operator.sub, operator.mul, operator.floordiv]


@given(
    st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(1, 99), st.booleans(), st.booleans()), max_size=8),
    st.integers(1, 99),
)
def test_a_terms_text_means_its_value(
    steps: list[tuple[Callable[[Any, Any], Any], int, bool, bool]], start: int
) -> None:
    term: Any = Term("start", start)
    for operation, number, named, swapped in steps:
        other: Any = Term("number", number) if named else number
        if swapped and named and operation is not operator.floordiv:
            term = operation(other, term)
        else:
            term = operation(term, other)
    assert eval(term.numbers.replace(",", "")) == term.value
    assert eval(term.words, {"start": start, "number": 1}) is not None


def test_sums_and_products_of_python_work() -> None:
    terms = [Term("a", 2), Term("b", 3), Term("c", 4)]
    assert (sum(terms).numbers, math.prod(terms).numbers) == ("2 + 3 + 4", "2 * 3 * 4")
    assert total(terms).words == sum(terms).words  # type: ignore[union-attr]
    assert total([]).value == 0
    assert formula("x", total(terms[:1]), "bytes", "here").to_data()["value"] == 2
