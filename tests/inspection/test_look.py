"""What is found inside a real run, held against the same figures worked out another way."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from bnn_designer.cli.main import main
from bnn_designer.errors import BnnDesignerError
from bnn_designer.inference import Engine
from bnn_designer.inspection.looking import chosen_images
from bnn_designer.inspection.origin import is_stale, looked_at, weights_mark
from bnn_designer.inspection.report_file import read_found, report_path
from bnn_designer.measuring.checkpoint import keras_outputs, of_run
from bnn_designer.measuring.images import scaled
from bnn_designer.packing import pack
from bnn_designer.training.data import load
from tests.inspection.conftest import CLASSES, TEST_IMAGES, Trained


def test_it_is_kept_with_the_run_and_read_as_it_was(trained: Trained) -> None:
    again = read_found(trained.store, trained.run.id)
    assert again is not None
    assert again.inside == trained.found.inside
    assert again.arrays.keys() == trained.found.arrays.keys()
    assert all(
        np.array_equal(again.arrays[name], array, equal_nan=True) for name, array in trained.found.arrays.items()
    )
    assert report_path(trained.store, trained.run.id).stat().st_size < 100_000
    shares = [share for _, share in trained.said]
    assert shares == sorted(shares)
    assert shares[0] > 0
    assert shares[-1] < 1


def test_answers_are_those_of_the_best_checkpoint(trained: Trained) -> None:
    inside, arrays = trained.found.inside, trained.found.arrays
    assert (inside.epoch_file, inside.images) == ("best", TEST_IMAGES)
    data = load(trained.run.recipe.data)
    model = of_run(trained.store, trained.run.id, looked_at(trained.store, trained.run.id)[1])
    probabilities = keras_outputs(model, scaled(data.test_images))
    answers = probabilities.argmax(axis=1)
    assert inside.right == (answers == data.test_labels).sum()
    assert arrays["confusion"].sum() == TEST_IMAGES
    assert np.trace(arrays["confusion"]) == inside.right
    assert len(inside.mistakes) == min(24, TEST_IMAGES - inside.right)
    for mistake, picture in zip(inside.mistakes, arrays["mistakes"], strict=True):
        assert data.test_labels[mistake.index] == mistake.label != mistake.answer == answers[mistake.index]
        assert np.array_equal(picture, data.test_images[mistake.index])


def test_stages_are_what_the_layers_give(trained: Trained) -> None:
    data = load(trained.run.recipe.data)
    model = of_run(trained.store, trained.run.id, looked_at(trained.store, trained.run.id)[1]).model
    inside, arrays = trained.found.inside, trained.found.arrays
    *_, name = inside.signs[-1].stages
    tap = type(model)(model.input, model.get_layer(name).output)
    values = np.asarray(tap(scaled(data.test_images), training=False), np.float64)
    assert arrays[f"mean/{name}"] == pytest.approx(values.mean(axis=(0, 1, 2)), abs=1e-5)
    assert arrays[f"deviation/{name}"] == pytest.approx(values.std(axis=(0, 1, 2)), rel=1e-4)
    assert arrays[f"positive/{name}"] == pytest.approx((values >= 0).mean(axis=(0, 1, 2)))
    (stage,) = [one for one in inside.stages if one.name == name]
    assert sum(stage.values.counts) == values.size


def test_sums_are_whole_and_compared_where_only_their_signs_are_read(trained: Trained) -> None:
    inside, arrays = trained.found.inside, trained.found.arrays
    conv, last = inside.sums
    assert (conv.products, conv.filters, conv.why_none) == (3 * 3 * 8, 8, "")
    assert "numbers" in last.why_none  # the global pool averages them
    counts = arrays[f"sums/{conv.name}"]
    assert (counts.sum(axis=1) == TEST_IMAGES * 4 * 4).all()
    assert counts.shape[1] * conv.width <= 2 * conv.products + conv.width
    assert -conv.products <= conv.low
    assert set(arrays[f"factor/{conv.name}"].tolist()) <= {-1, 0, 1}
    assert f"factor/{last.name}" not in arrays
    # the mean of a layer's sums is within a bin of the mean of its output
    middles = conv.low + conv.width * (np.arange(counts.shape[1]) + 0.5)
    assert counts @ middles / counts.sum(axis=1) == pytest.approx(arrays[f"mean/{conv.name}"], abs=conv.width)


def test_the_engine_agrees_with_what_was_looked_at(trained: Trained) -> None:
    data = load(trained.run.recipe.data)
    model = of_run(trained.store, trained.run.id, looked_at(trained.store, trained.run.id)[1])
    with Engine(pack(model.graph, model.model)) as engine:
        answers = engine.run(scaled(data.test_images)).argmax(axis=1)
    assert (answers == data.test_labels).sum() == trained.found.inside.right


def test_images_are_chosen_once_and_for_all() -> None:
    assert chosen_images(5).tolist() == [0, 1, 2, 3, 4]
    first = chosen_images(10_000)
    assert len(set(first.tolist())) == 1_000
    assert first.tolist() == sorted(chosen_images(10_000).tolist())


def test_what_was_found_is_old_once_the_weights_are_others(trained: Trained, tmp_path: Path) -> None:
    assert not is_stale(trained.store, trained.found.inside)
    assert is_stale(trained.store, trained.found.inside.model_copy(update={"weights_mark": "of others"}))
    of_before = looked_at(trained.store, trained.run.id)[1].stat()
    mark = f"{of_before.st_mtime_ns}-{of_before.st_size}"
    assert not is_stale(trained.store, trained.found.inside.model_copy(update={"weights_mark": mark}))


def test_the_mark_of_weights_goes_by_what_they_are(trained: Trained, tmp_path: Path) -> None:
    path = looked_at(trained.store, trained.run.id)[1]
    copy = tmp_path / "copy.keras"
    shutil.copyfile(path, copy)
    assert weights_mark(copy) == weights_mark(path) == trained.found.inside.weights_mark
    model = of_run(trained.store, trained.run.id, path).model
    model.save(copy)  # at another time
    assert weights_mark(copy) == weights_mark(path)
    kernel = model.get_layer("binary_conv_1").kernel
    kernel.assign(-kernel)
    model.save(copy)
    assert weights_mark(copy) != weights_mark(path)
    copy.write_bytes(b"")
    assert weights_mark(copy) == "no archive"


def test_the_command_prints_what_was_kept(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNN_HOME", str(trained.store.home))
    monkeypatch.delenv("BNN_STORE_URL", raising=False)
    result = CliRunner().invoke(main, ["inspect", trained.run.id, "--kept"])
    assert result.exit_code == 0, result.output
    assert f"of {TEST_IMAGES} test images" in result.output
    assert "after the max pool" in result.output
    assert "flipped in epoch 2, the last" in result.output
    result = CliRunner().invoke(main, ["inspect", "ffffffff"])
    assert result.exit_code == 2
    assert "ffffffff" in result.output


def test_a_run_without_weights_has_nothing_inside(trained: Trained) -> None:
    with pytest.raises(BnnDesignerError, match="no checkpoint yet"):
        looked_at(trained.store, "ffffffff")
    assert len(trained.found.inside.class_names) == CLASSES
