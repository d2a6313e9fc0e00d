"""Curves over each other, their means and bands, and what of the configurations differs, as plain values."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.design import Design
from bnn_designer.design.blocks import BinaryConv, Conv, Head
from bnn_designer.design.presets import preset
from bnn_designer.runs.about import about
from bnn_designer.runs.curves import MEASURES
from bnn_designer.runs.records import RunRecord
from bnn_designer.runs.store import Store
from bnn_designer.training.events import EpochEnd
from bnn_designer.training.recipe import Recipe
from bnn_designer.ui.runs.differences import BlockChange, configurations
from bnn_designer.ui.runs.groups import grouped_by_seeds
from bnn_designer.ui.runs.overlay import Line, figures_of_groups, lines_of_groups
from bnn_designer.ui.runs.overlay_chart import overlay_chart
from bnn_designer.ui.runs.overlay_table import group_rows

ACCURACY = MEASURES["val_accuracy"]


def ends(*accuracies: float) -> tuple[EpochEnd, ...]:
    return tuple(
        EpochEnd(epoch=number, loss=2.0, accuracy=0.4, val_loss=1.9, val_accuracy=accuracy, seconds=1.0)
        for number, accuracy in enumerate(accuracies, start=1)
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(home=tmp_path, url=f"sqlite:///{tmp_path / 'runs.sqlite'}")


def run(store: Store, design: Design, status: str = "done", sweep: str | None = None, **changes: object) -> RunRecord:
    made = store.run(store.create_run(design, Recipe.from_fields(**changes)))
    return replace(made, status=status, sweep=sweep)  # type: ignore[arg-type]


def test_runs_of_one_network_and_recipe_are_a_group_with_each_seed_once(store: Store) -> None:
    net = preset("binarynet")
    renamed = net.model_copy(update={"name": "by another name"})
    runs = [
        run(store, net, seed=1),
        run(store, renamed, seed=0, sweep="s1"),
        run(store, net, seed=1),
        run(store, net, "running", seed=2),
        run(store, net, seed=0, epochs=3),
        replace(run(store, net), design_json="{"),
    ]
    found = grouped_by_seeds(runs, "seeds")
    assert [group.counted for group in found.groups] == [(runs[1].id, runs[0].id), (runs[4].id,)]
    assert found.groups[0].seeds_text == "2 seeds (0, 1)"
    assert found.groups[0].left_out == "1 run not done, 1 run of a seed that counts already"
    assert found.unreadable == (runs[5],)
    by_sweep = grouped_by_seeds(runs, "sweep").groups
    assert [group.counted for group in by_sweep] == [(runs[0].id,), (runs[1].id,), (runs[4].id,)]
    assert by_sweep[1].title.startswith("sweep s1: by another name, ")


def test_a_band_is_of_epochs_that_all_have_and_is_said(store: Store) -> None:
    runs = [run(store, preset("binarynet"), seed=seed) for seed in range(2)]
    epochs = {runs[0].id: ends(0.2, 0.4, 0.9), runs[1].id: ends(0.4, 0.8)}
    groups = grouped_by_seeds(runs, "seeds").groups
    (line,) = lines_of_groups(groups, epochs, ACCURACY, "range")
    assert line.epochs == (1, 2)
    assert line.values == pytest.approx(((0.2 + 0.4) / 2, (0.4 + 0.8) / 2))
    assert (line.low, line.high) == ((0.2, 0.4), (0.4, 0.8))
    (line,) = lines_of_groups(groups, epochs, ACCURACY, "deviation")
    # of two values: |a - b| / sqrt(2)
    assert line.high[1] == pytest.approx(0.6 + 0.4 / math.sqrt(2))
    (row,) = group_rows(figures_of_groups(groups, epochs, ACCURACY), ACCURACY)
    assert row["Seeds"] == 2
    assert row["Validation accuracy (%), best: mean"] == (90 + 80) / 2
    assert row["Validation accuracy (%), last: least"] == 80


@given(st.lists(st.integers(0, 5), max_size=40))
def test_curves_of_many_runs_look_different(lengths: list[int]) -> None:
    lines = [
        Line(f"run {i}", tuple(range(1, count + 1)), tuple(0.1 for _ in range(count)))
        for i, count in enumerate(lengths)
    ]
    figure = overlay_chart(lines, MEASURES["loss"])
    looks = [(line.line.color, line.line.dash) for line in figure.data[:32]]
    assert len(set(looks)) == len(looks)
    assert [len(line.x) for line in figure.data] == lengths


def test_names_of_runs_are_text_and_a_band_is_an_area() -> None:
    area, line = overlay_chart([Line("<b>bold</b>", (1, 2), (0.2, 0.3), (0.1, 0.2), (0.3, 0.4))], ACCURACY).data
    assert line.name == "&lt;b&gt;bold&lt;/b&gt;"
    assert (list(area.x), list(area.y)) == ([1, 2, 2, 1], [0.3, 0.4, 0.2, 0.1])


def test_what_differs_is_said_field_by_field_and_what_is_alike_once(store: Store) -> None:
    net = Design(name="a", blocks=(Conv(filters=8), BinaryConv(filters=8), Head()))
    wide = Design(name="a", blocks=(Conv(filters=16), BinaryConv(filters=8), Head()))
    runs = [run(store, net), run(store, net, epochs=3, subset=500), run(store, wide, seed=4)]
    found = configurations(runs, {one.id: about(one, []) for one in runs})
    differing = {one.name: one.texts for one in found.differing}
    assert differing == {
        "network": ("that of the first run", "as in the first run", "1 difference, see below"),
        "seed": ("0", "0", "4"),
        "epochs": ("10", "3", "10"),
        "subset": ("all", "500", "all"),
    }
    assert found.blocks == {runs[2].id: (BlockChange("conv_1", "changed", "filters 8 → 16"),)}
    alike = dict(found.alike)
    assert (alike["design"], alike["batch size"], alike["machine"]) == ("a", "50", "not recorded")
    assert not differing.keys() & alike.keys()
    same = configurations(runs[:1], {runs[0].id: about(runs[0], [])})
    assert same.differing == ()
    assert dict(same.alike)["network"] == "the same in all"
