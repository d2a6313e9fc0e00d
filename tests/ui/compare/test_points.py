"""Designs as points: which are shown, with which accuracy, and which are on the front."""

from __future__ import annotations

import pytest

from bnn_designer.compare import TrainedRun, grouped, network_key
from bnn_designer.design.presets import PUBLISHED, preset
from bnn_designer.ui.compare.points import (
    AXES,
    Candidate,
    Task,
    front_of,
    is_about,
    points,
    published_candidates,
    spans_decades,
    task,
)
from bnn_designer.ui.compare.points_table import points_sheet, sources
from bnn_designer.ui.compare.scales import log_ticks, scale
from bnn_designer.ui.compare.scatter import scatter_chart

IMAGENET, CIFAR = Task((224, 224, 3), 1000), Task((32, 32, 3), 10)
X, Y = AXES["file_bytes"], AXES["accuracy"]
INK = "#000000"


def test_published_networks_are_points_with_their_published_accuracy() -> None:
    found, without = points(published_candidates(IMAGENET), AXES["larq_bytes"], Y)
    published = {name for name, one in PUBLISHED.items() if one.top1_percent and task(preset(name)) == IMAGENET}
    assert {one.candidate.name for one in found} == published
    quicknet = next(one for one in found if one.candidate.name == "quicknet")
    assert quicknet.y.number == pytest.approx(0.633)
    assert (quicknet.y.text, quicknet.y.note) == ("63.3 %", "published")
    assert any("quicknet-small, quicknet, quicknet-large: Larq Zoo" in one for one in sources(found))
    # of Group-Net no accuracy was found: it is named, and is no point
    assert list(without.values()) == [["group-net-18"]]


def test_a_network_that_cannot_be_deployed_has_no_file_and_says_so() -> None:
    found, without = points(published_candidates(IMAGENET), X, Y)
    assert "dorefa-net" not in {one.candidate.name for one in found}
    assert any("dorefa-net" in names and "unsupported" in reason for reason, names in without.items())


def test_the_front_is_named_and_every_other_point_says_what_beats_it() -> None:
    found, _ = points(published_candidates(IMAGENET), X, Y)
    front = front_of(found, X, Y)
    names = [found[index].candidate.name for index in front]
    assert names[-1] == max(found, key=lambda one: one.y.number).candidate.name == "reactnet-a"
    sheet = points_sheet(found, front, X, Y)
    verdicts = {row.title: row.cells[3].text for row in sheet.rows}
    assert {name for name, text in verdicts.items() if text == "on the front"} == set(names)
    assert all(text == "on the front" or text.removeprefix("beaten by ") in names for text in verdicts.values())


def test_a_task_known_by_its_data_set_shows_runs_on_that_set_alone() -> None:
    assert is_about(CIFAR, "cifar10")
    assert not is_about(CIFAR, "/own/of/the/same/size")
    assert not is_about(IMAGENET, "/own")
    # no set is known by 28 x 28 x 1 alone: each run says beside its point which it was trained on
    assert is_about(Task((28, 28, 1), 10), "mnist")


def test_an_accuracy_reached_here_is_told_from_a_published_one() -> None:
    design = preset("binarynet")
    runs = [
        TrainedRun(f"r{seed}", "binarynet", network_key(design), "3 epochs", seed, "done", best)
        for seed, best in ((0, 0.60), (1, 0.64))
    ]
    (group,) = grouped(runs)
    trained = Candidate("binarynet", "trained", design, "3 epochs", trained=group)
    found, _ = points([*published_candidates(CIFAR), trained], X, Y)
    assert [(one.candidate.kind, one.y.text, one.y.note) for one in found] == [
        ("published", "83.2 %", "published"),
        # 60 and 64 %: the deviation of two values is half their distance times the root of two
        ("trained", "62.0 %", "trained here, mean of 2 seeds ± 2.8"),
    ]
    assert (found[1].y.low, found[1].y.high) == (0.60, 0.64)
    chart = scatter_chart(found, front_of(found, X, Y), X, Y, (False, False), INK)
    symbols = {trace.name: trace.marker.symbol for trace in chart.data if trace.mode == "markers"}
    assert symbols == {"Published network": "diamond-open", "Trained here": "circle"}
    bars = next(trace for trace in chart.data if trace.name == "Trained here").error_y
    assert (bars.array[0], bars.arrayminus[0]) == (pytest.approx(2.0), pytest.approx(2.0))


def test_the_final_accuracy_is_another_figure() -> None:
    design = preset("binarynet")
    run = TrainedRun("r", "binarynet", network_key(design), "3 epochs", 0, "done", 0.6, 0.5)
    (group,) = grouped([run])
    candidate = Candidate("binarynet", "trained", design, "3 epochs", trained=group)
    (best,), _ = points([candidate], X, AXES["accuracy"])
    (final,), _ = points([candidate], X, AXES["final_accuracy"])
    assert (best.y.number, final.y.number) == (0.6, 0.5)


def test_designs_without_an_accuracy_are_points_of_two_costs() -> None:
    candidates = published_candidates(CIFAR)
    found, without = points(candidates, X, AXES["arena_bytes"])
    assert len(found) + sum(len(names) for names in without.values()) == len(candidates)
    assert len(found) > 5
    chart = scatter_chart(found, front_of(found, X, AXES["arena_bytes"]), X, AXES["arena_bytes"], (True, False), INK)
    assert chart.layout.xaxis.type == "log"
    assert chart.layout.yaxis.range[0] == 0
    line = chart.data[0]
    assert line.name.startswith("Pareto front (")
    assert line.line.shape == "hv"


def test_an_axis_is_logarithmic_where_figures_lie_far_apart() -> None:
    assert spans_decades([1.0, 10.0])
    assert not spans_decades([1.0, 9.9])
    assert not spans_decades([0.0, 1000.0])
    assert not spans_decades([])


def test_the_names_of_the_front_stand_apart() -> None:
    found, _ = points(published_candidates(IMAGENET), X, Y)
    front = front_of(found, X, Y)
    names = scatter_chart(found, front, X, Y, (True, False), INK).layout.annotations
    assert [one.text for one in names] == [found[index].candidate.name for index in front]
    # better is to the left and above, where no point can be
    assert {(one.xanchor, one.yanchor) for one in names} == {("right", "bottom")}
    near = [one for one in names if one.text in ("melius-net-22", "quicknet")]
    assert near[0].ay != near[1].ay


def test_an_axis_has_round_numbers_in_a_unit_that_fits() -> None:
    megabytes = scale(X, [4 * 1024**2, 160 * 1024**2], logarithmic=True)
    assert megabytes.title == "File, MiB (less is better)"
    assert megabytes.ticks == (4, 8, 16, 32, 64, 128)
    assert megabytes.of(8 * 1024**2) == 8
    assert 0 < megabytes.place(4 * 1024**2) < megabytes.place(160 * 1024**2) < 1
    percent = scale(Y, [0.36, 0.69], logarithmic=False)
    assert percent.title == "Accuracy (best epoch), % (more is better)"
    assert percent.low < 36 < 69 < percent.high
    assert log_ticks(0.9, 60, 10) == (1, 2, 5, 10, 20, 50)
    assert log_ticks(1, 1e6, 10) == (1, 10, 100, 1000, 10_000, 100_000, 1_000_000)
    # nothing is logarithmic at zero
    assert not scale(AXES["ops"], [0.0, 5.0], logarithmic=True).logarithmic
    assert scale(AXES["ops"], [7.0], logarithmic=False).high > 7
