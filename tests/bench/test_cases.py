"""What rows there are, before anything is measured."""

from __future__ import annotations

import importlib

import pytest

from bnn_designer.bench import BENCHMARKS
from bnn_designer.bench.cases import conv, train
from bnn_designer.bench.cases.planned import Planned, wanted
from bnn_designer.bench.cases.table import PLANS, texts
from bnn_designer.bench.request import Request, requests
from bnn_designer.design.presets import PRESETS, preset
from bnn_designer.training.recipe import Recipe

ROWS = (Planned("a one", 1, "x"), Planned("a two", 2, "x"), Planned("b one", 1, "y"), Planned("b two", 2, "y"))


def test_cases_come_in_order_with_the_texts_that_are_asked_for() -> None:
    assert wanted(Request("gemm", 1), ROWS) == {1: {"x": "a one", "y": "b one"}, 2: {"x": "a two", "y": "b two"}}
    assert wanted(Request("gemm", 1, only="b t"), ROWS) == {2: {"y": "b two"}}
    assert wanted(Request("gemm", 1, only="c"), ROWS) == {}


def test_every_benchmark_has_modules_that_measure() -> None:
    assert tuple(PLANS) == BENCHMARKS
    for modules in PLANS.values():
        for name in modules:
            assert callable(importlib.import_module(f"bnn_designer.bench.{name}").measure)


@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_no_two_rows_of_a_process_have_one_text(benchmark: str) -> None:
    """But those that are measured together: `--only` with a whole text chooses one."""
    for request in requests(benchmark, (1, 2), None, ""):
        found = [row.text for plan in PLANS[benchmark].values() for row in plan(request)]
        assert len(set(found)) == len(found)
        assert set(found) <= set(texts([request]))


def test_the_kernel_behind_the_op_is_measured_on_one_thread() -> None:
    assert {row.way for row in conv.planned_packed(Request("conv", 1))} == {"op", "kernel"}
    assert {row.way for row in conv.planned_packed(Request("conv", 2))} == {"op"}


def test_every_preset_that_can_be_trained_is_held_to_the_float_engine_in_the_default_recipe() -> None:
    trainable = [name for name in PRESETS if preset(name).input_shape == (32, 32, 3) and preset(name).classes == 10]
    rows = {row.case.design: row.case for row in train.planned(Request("train", 1)) if row.way == train.DEFAULT}
    assert list(rows) == [*trainable, train.NARROW]
    for case in rows.values():
        assert case.recipe(train.DEFAULT) == Recipe()
        assert case.recipe(train.PEER) == Recipe(engine="float", gradients="float")
        assert case.build().name == case.design


def test_the_narrow_design_fills_no_word() -> None:
    filters = [block.filters for block in train.narrow().blocks if hasattr(block, "filters")]
    filters += [block.body[0].filters for block in train.narrow().blocks if hasattr(block, "body")]
    assert set(filters) == {16, 32}


def test_memory_is_measured_under_the_loops_own_setting_alone() -> None:
    fixed, free = requests("train", (1,), None, "")
    assert not train.planned_memory(free)
    assert {row.case for row in train.planned_memory(fixed)} == {*train.TARGETED, train.Case(train.NARROW)}
