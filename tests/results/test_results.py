from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from bnn_designer.cli.main import main
from bnn_designer.design import Design
from bnn_designer.results import catalogue
from bnn_designer.results.catalogue import CATALOGUE, Entry, kept_results
from bnn_designer.results.claims import against_first, gap_as_published, in_order, skewed, sooner, within
from bnn_designer.results.kept import KeptResult, KeptRun, ResultError, TimeTo, read_result
from bnn_designer.results.making import made
from bnn_designer.results.words import accuracy_headings, circumstances, state_text, time_rows, variant_rows
from bnn_designer.runs.lease import Owner
from bnn_designer.runs.store import Store
from bnn_designer.sweeps.plan import plan
from bnn_designer.training.events import EpochEnd, LayerMeasures, Started
from bnn_designer.training.recipe import Recipe


def end(epoch: int, accuracy: float, positive: float = 0.5) -> EpochEnd:
    layers = (LayerMeasures(name="behind_pool", positive_share=positive), LayerMeasures(name="other", positive_share=1))
    return EpochEnd(epoch=epoch, loss=1, accuracy=0.5, val_loss=1, val_accuracy=accuracy, seconds=1, layers=layers)


def kept(*accuracies: tuple[float, ...], positive: tuple[float, ...] = (), missing: int = 0) -> KeptResult:
    """A result with a run for each accuracy, by variants; after epoch 1 each is 0.1 less accurate."""
    runs = tuple(
        KeptRun(
            variant=variant,
            seed=seed,
            about={"data": "CIFAR-10", "machine": f"machine {seed}", "date": f"2026-11-2{seed} 10:00"},
            epochs=(end(1, value - 0.1), end(2, value, positive[variant] if positive else 0.5)),
        )
        for variant, values in enumerate(accuracies)
        for seed, value in enumerate(values)
    )
    titles = tuple("abc"[: len(accuracies)])
    return KeptResult(name="x", command="c", definition="{}", variants=titles, missing=missing, runs=runs)


def test_an_order_of_means_holds_or_not() -> None:
    result = kept((0.7, 0.8), (0.6, 0.7), (0.5,))
    held = in_order("Less costs", (0, 1, 2))(result)
    # (70 + 80) / 2 and (60 + 70) / 2; deviations of 10 / sqrt(2) points each
    assert held.text == "Less costs: a 75.0 % ± 7.1, b 65.0 % ± 7.1, c 50.0 %."
    assert held.word == "reproduced"
    assert in_order("More costs", (2, 1, 0))(result).word == "not reproduced"
    assert in_order("Less costs", (0, 1))(kept((0.7,), ())).word == "open"


def test_a_gap_is_held_to_the_published_one() -> None:
    result = kept((0.70,), (0.60,))
    # a gap of 10 points here; published 12 (2 off, of 3 allowed) and 14 (4 off)
    near = gap_as_published(0, 1, 2, (0.80, 0.68))(result)
    assert near.text == "a over b after epoch 2: published +12.0 points, here +10.0 points: within 3.0 points."
    assert near.holds is True
    far = gap_as_published(0, 1, 1, (0.80, 0.66))(result)
    assert far.text.endswith("published +14.0 points, here +10.0 points: off by -4.0 points.")
    assert far.holds is False
    assert gap_as_published(0, 1, 3, (0.80, 0.66))(result).holds is None  # none was trained for 3 epochs


def test_a_verdict_against_the_first() -> None:
    clear = kept((0.50, 0.51), (0.80, 0.81))  # 30 points, the example of docs/sweeps.md: 30.0 ± 3.0
    found = against_first("It helps", 1, "better")(clear)
    assert found.text == "It helps: b against a: better by more than noise (+30.0 ± 3.0 points)."
    assert found.holds is True
    assert against_first("It costs", 1, "worse")(clear).holds is False
    assert against_first("No worse", 1, "better", "noise")(clear).holds is True
    assert against_first("It helps", 1, "better")(kept((0.5,), (0.8,))).holds is None  # one run of each cannot tell


def test_a_skew_is_of_the_layers_named_and_of_the_last_epoch() -> None:
    claim = skewed("Pools skew", ["behind_pool"], 1, 0)
    found = claim(kept((0.5,), (0.5,), positive=(0.4, 0.9)))
    assert found.text == "Pools skew: b 90.0 % are +1, a 40.0 %."
    assert found.holds is True  # 40 points from a half against 10
    assert claim(kept((0.5,), (0.5,), positive=(0.1, 0.6))).holds is False  # 10 points against 40
    assert skewed("Pools skew", ["no_such_layer"], 1, 0)(kept((0.5,), (0.5,))).holds is None


def timed(*runs: Sequence[tuple[float, float]], threads: str = "2") -> KeptResult:
    """Of each variant one run, with the seconds and the validation accuracy of each epoch."""
    found = [
        KeptRun(
            variant=variant,
            seed=0,
            about={"threads": threads},
            epochs=tuple(
                end(number, accuracy).model_copy(update={"seconds": seconds})
                for number, (seconds, accuracy) in enumerate(epochs, 1)
            ),
        )
        for variant, epochs in enumerate(runs)
        if epochs
    ]
    titles = tuple("ab"[: len(runs)])
    return KeptResult(name="x", command="c", definition="{}", variants=titles, missing=0, runs=tuple(found))


def test_the_time_to_an_accuracy_ends_with_the_first_epoch_that_has_it() -> None:
    (run,) = timed([(60, 0.70), (61, 0.80), (62, 0.78), (63, 0.81)]).runs
    assert (run.seconds_to(0.70), run.seconds_to(0.75), run.seconds_to(0.81)) == (60, 60 + 61, 60 + 61 + 62 + 63)
    assert run.seconds_to(0.82) is None
    # the first of two stages is of another network, and takes its time
    first = run.epochs[1].model_copy(update={"float_kernels": True})
    in_stages = run.model_copy(update={"epochs": (run.epochs[0], first, *run.epochs[2:])})
    assert in_stages.seconds_to(0.75) == 60 + 61 + 62


def test_of_several_runs_the_slowest_counts_and_one_that_never_does_is_no_time() -> None:
    result = timed([(60, 0.8)], [(90, 0.5), (90, 0.8)])
    both = result.model_copy(update={"runs": tuple(run.model_copy(update={"variant": 0}) for run in result.runs)})
    found = both.time_to(0, 0.8)
    assert found is not None
    assert (found.runs, found.seconds, found.text) == (2, 90 + 90, "3:00")
    assert both.time_to(0, 0.9) == TimeTo(2, None, 180)
    assert TimeTo(2, None, 180).text == "not in 3:00"
    assert both.time_to(1, 0.8) is None


@pytest.mark.parametrize(
    ("mine", "its", "holds"),
    [
        ([(60, 0.8)], [(61, 0.8)], True),
        ([(61, 0.8)], [(60, 0.8)], False),
        ([(60, 0.8)], [(60, 0.7)], True),  # it trained as long, and has not got there
        ([(60, 0.8)], [(59, 0.7)], None),  # it might have got there in the second that it lacks
        ([(60, 0.7)], [(59, 0.8)], False),
        ([(58, 0.7)], [(59, 0.8)], None),
        ([(60, 0.7)], [(60, 0.7)], None),
        ([(60, 0.8)], [], None),
    ],
)
def test_which_of_two_is_sooner(
    mine: list[tuple[float, float]], its: list[tuple[float, float]], holds: bool | None
) -> None:
    found = sooner(0, 1, 0.75)(timed(mine, its))
    assert found.holds is holds
    assert found.text.startswith("75 % sooner: a ")


def test_within_a_time_on_so_many_threads() -> None:
    claim = within(0, 0.75, 100.0, threads=2)
    assert claim(timed([(50, 0.7), (50, 0.8)])).text == "75 % within 1:40 on 2 threads: a 1:40."
    assert claim(timed([(50, 0.7), (50, 0.8)])).holds is True
    assert claim(timed([(50, 0.7), (51, 0.8)])).holds is False
    assert claim(timed([(100, 0.7)])).holds is False
    assert claim(timed([(99, 0.7)])).holds is None  # it was ended before
    other = claim(timed([(50, 0.8)], threads="8"))
    assert (other.holds, other.text) == (None, "75 % within 1:40 on 2 threads: a 0:50, but with threads: 8.")


def test_texts_about_time() -> None:
    entry = CATALOGUE["time-to-accuracy"]
    result = timed([(3600, 0.76), (3600, 0.81)], [])
    assert accuracy_headings(entry) == ("to 75 %", "to 80 %", "to 85 %")
    assert [row.times for row in time_rows(entry, result)] == [
        ("1:00:00", "2:00:00", "not in 2:00:00"),
        ("not trained yet",) * 3,
    ]


def test_texts() -> None:
    result = kept((0.7, 0.8), (), missing=2)
    first, second = variant_rows(result)
    assert (first.accuracy, first.spread, first.runs, first.verdict) == ("75.0 %", "± 7.1", 2, "compared with")
    assert (second.accuracy, second.spread, second.runs) == ("not trained yet", "", 0)
    facts = dict(circumstances(result))
    assert facts["machine"] == "machine 0; machine 1"
    assert facts["date"] == "2026-11-20 10:00 to 2026-11-21 10:00"
    assert facts["threads"] == "not recorded"
    entry = CATALOGUE["pool-order"]
    assert state_text(entry, result) == "2 claims: 2 open; 2 runs not trained yet"
    assert state_text(entry, None) == "not trained yet"


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=list(CATALOGUE))
def test_each_sweep_can_be_trained_and_its_file_is_of_it(entry: Entry) -> None:
    planned = plan(entry.sweep())
    assert not planned.left_out
    assert len(entry.titles) == len(planned.variants)
    assert len(planned.places) == len(planned.variants) * entry.seeds  # no two variants are the same network
    if entry.file.exists():
        result = read_result(entry.file)
        assert result.name == entry.name
        assert result.command == entry.command
        assert result.variants == entry.titles
        assert result.sweep == planned.sweep
        assert len(result.runs) + result.missing == len(planned.places)
        assert all(claim(result).text for claim in entry.claims)


def test_the_command_is_the_sweep() -> None:
    entry = CATALOGUE["shortcuts"]
    words = entry.command.replace("results/designs", str(catalogue.FOLDER / "designs")).split()[1:]
    printed = CliRunner().invoke(main, [*words, "--dry-run", "--json"])
    assert printed.exit_code == 0, printed.output
    data = json.loads(printed.stdout)
    assert data["recipe"] == entry.sweep().recipe.model_dump(mode="json")
    assert data["seeds"] == list(entry.sweep().seeds)
    assert [one["variant"] for one in data["variants"]] == [one.title for one in entry.sweep().variants]


@pytest.fixture
def small_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_design: Design, quick_recipe: Recipe) -> Entry:
    folder = tmp_path / "results"
    (folder / "designs").mkdir(parents=True)
    (folder / "designs" / "small.json").write_text(small_design.to_json(), encoding="utf-8")
    monkeypatch.setattr(catalogue, "FOLDER", folder)
    settings = {"epochs": 2, "subset": 500, "engine": "float"}
    claims = (in_order("Shortcuts help", (1, 0)),)
    entry = Entry(
        "small",
        "A small one",
        "It says so.",
        "Us",
        "small",
        "shortcuts=none,one",
        ("none", "one"),
        2,
        claims,
        "",
        settings,
    )
    monkeypatch.setitem(CATALOGUE, "small", entry)
    return entry


def test_a_result_is_made_of_the_runs_that_are_done(small_entry: Entry, tmp_path: Path) -> None:
    store = Store(home=tmp_path)
    with pytest.raises(ResultError, match=r"none of its 4 runs is done. Train them first: bnn-designer sweep results/"):
        made(small_entry, store)
    for index, place in enumerate(plan(small_entry.sweep()).places[:3]):
        run = store.create_run(place.design, place.recipe, owner=Owner.of_process())
        started = Started(
            engine="float",
            engine_reason=None,
            train_images=500,
            validation_images=200,
            steps_per_epoch=10,
            epochs=2,
            threads=1,
            machine="A machine",
            version="1",
        )
        for event in (started, end(1, 0.2), end(2, 0.3 + index / 10)):
            store.add_event(run, event)
        store.finish(run, "done")
    result = made(small_entry, store)
    assert (len(result.runs), result.missing) == (3, 1)
    # none, one, none: the first seed of both, then the second of the first
    assert [(run.variant, run.seed, run.best) for run in result.runs] == [(0, 0, 0.3), (1, 0, 0.4), (0, 1, 0.5)]
    assert [len(one.layers) for one in result.runs[0].epochs] == [0, 2]
    assert dict(circumstances(result))["machine"] == "A machine"
    small_entry.file.write_text(result.to_json(), encoding="utf-8")
    assert read_result(small_entry.file) == result
    assert kept_results()["small"] == result


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the whole is not as in a result"),
        ("{}", "name is not as in a result"),
        (kept((0.5,)).to_json().replace('"variant": 0', '"variant": 7'), "a run is of a variant that is not there"),
        (" " * (2 * 2**20 + 1), "2,097,153 bytes, and a result has 2,097,152 at most"),
    ],
)
def test_what_is_no_result_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ResultError, match=message):
        read_result(path)
    with pytest.raises(ResultError, match="cannot be read"):
        read_result(tmp_path / "none.json")


def test_the_command_lists_shows_and_makes(small_entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))
    small_entry.file.write_text(kept((0.7, 0.8), (0.6, 0.7)).to_json(), encoding="utf-8")
    invoke = CliRunner().invoke
    listed = invoke(main, ["results"])
    assert "1 claim: 1 not reproduced" in " ".join(listed.stdout.split()), listed.output
    shown = invoke(main, ["results", "show", "small"])
    assert "not reproduced: Shortcuts help: b 65.0 % ± 7.1, a 75.0 % ± 7.1." in shown.stdout
    assert json.loads(invoke(main, ["results", "show", "small", "--json"]).stdout)["variants"] == ["a", "b"]
    unknown = invoke(main, ["results", "show", "smal"])
    assert unknown.exit_code == 2
    assert "smal: there is no such result. There are first-last-narrow," in unknown.stderr
    before = small_entry.file.read_text(encoding="utf-8")
    assert invoke(main, ["results", "make", "small"]).exit_code == 2  # the store has no run of it
    assert small_entry.file.read_text(encoding="utf-8") == before
