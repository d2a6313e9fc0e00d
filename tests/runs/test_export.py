"""What was measured of a run, as JSON and as tables."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from bnn_designer.cli.main import main
from bnn_designer.design.presets import preset
from bnn_designer.processes import Owner
from bnn_designer.runs.export import as_csv, as_json
from bnn_designer.runs.records import StoredEvent, as_time
from bnn_designer.runs.spreadsheet import csv_text
from bnn_designer.runs.store import Store
from bnn_designer.training.events import EpochEnd, Event, LatentWeights, LayerMeasures, Started, StepWindow
from bnn_designer.training.recipe import Recipe

STARTED = Started(
    engine="float", engine_reason=None, train_images=100, validation_images=50, steps_per_epoch=10, epochs=2
)
WINDOW = StepWindow(epoch=1, step=10, steps_per_epoch=10, loss=2.25, accuracy=0.25, images_per_second=100.0)
LAYERS = (
    LayerMeasures(name="binary_conv_1", flip_ratio=0.5, positive_share=0.25),
    LayerMeasures(name="binary_conv_2", flip_ratio=0.125, clipped_share=0.0),
)
OLD = EpochEnd(epoch=1, loss=2.0, accuracy=0.2, val_loss=2.1, val_accuracy=0.25, seconds=1.5)
NEW = OLD.model_copy(update={"epoch": 2, "learning_rate": 0.001, "steps_s": 1.25, "layers": LAYERS})
LATENT = LatentWeights(
    val_loss=2.1,
    val_accuracy=0.25,
    latent_val_loss=3.0,
    latent_val_accuracy=0.1,
    own_norms_val_loss=2.5,
    own_norms_val_accuracy=0.2,
)


def stored(*events: Event) -> list[StoredEvent]:
    return [StoredEvent(number, "0123abcd", as_time(number), event) for number, event in enumerate(events, start=1)]


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_line_an_epoch_with_a_column_for_each_layers_measure() -> None:
    first, second = read(as_csv(stored(STARTED, WINDOW, OLD, NEW, LATENT)))
    assert (first["epoch"], first["val_accuracy"], first["learning_rate"]) == ("1", "0.25", "")
    assert first["binary_conv_1.flip_ratio"] == ""
    assert (second["epoch"], second["learning_rate"], second["steps_s"]) == ("2", "0.001", "1.25")
    assert (second["binary_conv_1.flip_ratio"], second["binary_conv_1.clipped_share"]) == ("0.5", "")
    assert (second["binary_conv_2.flip_ratio"], second["binary_conv_2.clipped_share"]) == ("0.125", "0.0")


def test_a_line_a_window_of_steps() -> None:
    (line,) = read(as_csv(stored(STARTED, WINDOW, NEW), "steps"))
    assert line == {
        "epoch": "1",
        "step": "10",
        "steps_per_epoch": "10",
        "loss": "2.25",
        "accuracy": "0.25",
        "images_per_second": "100.0",
    }


def test_a_run_that_reported_nothing_is_an_empty_table() -> None:
    assert read(as_csv([])) == []


@given(values=st.lists(st.floats(0, 10), min_size=1, max_size=5))
def test_numbers_are_the_same_when_they_are_read_again(values: list[float]) -> None:
    epochs = [NEW.model_copy(update={"epoch": number, "val_loss": value}) for number, value in enumerate(values, 1)]
    assert [float(line["val_loss"]) for line in read(as_csv(stored(*epochs)))] == values


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Store, str]:
    monkeypatch.setenv("BNN_HOME", str(tmp_path / "home"))
    store = Store()
    run_id = store.create_run(preset("binarynet"), Recipe(epochs=2), owner=Owner.of_process())
    for event in (STARTED, WINDOW, OLD, NEW, LATENT):
        store.add_event(run_id, event)
    store.finish(run_id, "done")
    return store, run_id


def test_json_holds_the_run_its_design_and_its_recipe(run: tuple[Store, str]) -> None:
    store, run_id = run
    data = json.loads(as_json(store.run(run_id), store.events(run_id)))
    assert (data["run"]["id"], data["run"]["status"], data["run"]["best_val_accuracy"]) == (run_id, "done", 0.25)
    assert data["recipe"] == Recipe(epochs=2).model_dump(mode="json")
    assert data["design"]["name"] == "binarynet"
    assert [EpochEnd(**epoch) for epoch in data["epochs"]] == [OLD, NEW]
    assert StepWindow(**data["steps"][0]) == WINDOW
    assert LatentWeights(**data["latent_weights"]) == LATENT
    assert data["weights_taken"] is None


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["runs", "export", *arguments])


def test_the_command_writes_a_file_and_never_over_one(run: tuple[Store, str], tmp_path: Path) -> None:
    store, run_id = run
    path = tmp_path / "run.csv"
    result = command(run_id, "--to", "csv", str(path))
    assert (result.exit_code, result.output) == (0, f"{path}: run {run_id}, done\n")
    assert path.read_text() == as_csv(store.events(run_id))
    result = command(run_id, "--to", "csv", "--rows", "steps", str(path))
    assert result.exit_code == 2
    assert "the file already exists" in result.output
    assert path.read_text() == as_csv(store.events(run_id))
    assert command(run_id, "--to", "csv", "--rows", "steps", "--force", str(path)).exit_code == 0
    assert path.read_text() == as_csv(store.events(run_id), "steps")


def test_the_command_prints_without_a_path(run: tuple[Store, str]) -> None:
    store, run_id = run
    assert command(run_id, "--to", "json").output == as_json(store.run(run_id), store.events(run_id))


def test_several_runs_are_one_table_or_one_list(run: tuple[Store, str], tmp_path: Path) -> None:
    store, run_id = run
    other = store.create_run(preset("bi-real-cifar"), Recipe(epochs=1, seed=4), owner=Owner.of_process())
    store.add_event(other, OLD)
    path = tmp_path / "runs.csv"
    result = command(run_id, other, "--to", "csv", str(path))
    assert (result.exit_code, result.output) == (0, f"{path}: run {run_id}, done; run {other}, preparing\n")
    lines = read(path.read_text())
    assert [(line["run"], line["epoch"], line["seed"]) for line in lines] == [
        (run_id, "1", "0"),
        (run_id, "2", "0"),
        (other, "1", "4"),
    ]
    assert lines[2]["binary_conv_1.flip_ratio"] == ""
    assert (lines[0]["data"], lines[0]["machine"]) == ("CIFAR-10", "not recorded")
    # without a path, an id at the end is a run's; with -, the terminal is meant
    (first, second) = json.loads(command(run_id, other, "--to", "json").output)
    assert (first["run"]["id"], second["run"]["id"]) == (run_id, other)
    assert command(run_id, other, "-", "--to", "json").output == command(run_id, other, "--to", "json").output


@pytest.mark.parametrize("typo", ["0123abc", "0123abcg", "O123abcd", "0123abcde"])
def test_a_mistyped_id_is_no_file(
    run: tuple[Store, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typo: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = command(run[1], typo, "--to", "csv")
    assert result.exit_code == 2
    assert f"{typo}: this is neither a run's id" in result.output
    assert not (tmp_path / typo).exists()
    # in a folder it is a file
    assert command(run[1], f"{tmp_path}/{typo}", "--to", "csv").exit_code == 0
    assert (tmp_path / typo).exists()


def test_a_name_is_never_a_formula(run: tuple[Store, str]) -> None:
    store, run_id = run
    design = preset("binarynet").model_copy(update={"name": '=HYPERLINK("http://a.b","c")'})
    other = store.create_run(design, Recipe(), owner=Owner.of_process())
    store.add_event(other, OLD.model_copy(update={"loss": -1.5}))
    (line,) = [line for line in read(command(run_id, other, "--to", "csv").output) if line["run"] == other]
    assert line["name"] == '\'=HYPERLINK("http://a.b","c")'
    assert line["loss"] == "-1.5"  # a number stays one


@given(st.text(), st.sampled_from("=+-@\t\r"))
def test_what_a_spreadsheet_would_compute_is_text(rest: str, sign: str) -> None:
    (row,) = list(csv.reader(io.StringIO(csv_text(["a"], [{"a": sign + rest}]), newline="")))[1:]
    typed = (sign + rest).replace("\r\n", "\n").replace("\r", "\n")
    assert row == [f"'{typed}"]


def test_a_run_that_is_not_there(run: tuple[Store, str]) -> None:
    result = command("ffffffff", "--to", "json")
    assert result.exit_code == 2
    assert "there is no such run" in result.output


def test_logs_for_tensorboard_are_a_folder_a_run(run: tuple[Store, str], tmp_path: Path) -> None:
    _, run_id = run
    folder = tmp_path / "logs"
    result = command(run_id, str(folder), "--to", "tensorboard")
    path = folder / run_id / "events.out.tfevents.bnn-designer"
    assert (result.exit_code, result.output) == (0, f"{path}: run {run_id}, done, 2 epochs\n")
    assert path.stat().st_size > 0
    result = command(run_id, str(folder), "--to", "tensorboard")
    assert result.exit_code == 2
    assert "the file already exists" in result.output
    result = command(run_id, "--to", "tensorboard")
    assert result.exit_code == 2
    assert "a log is a folder: give its PATH after the runs" in result.output
