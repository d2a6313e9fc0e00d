"""One image through the packed network of a real run."""

from __future__ import annotations

import numpy as np
import pytest

from bnn_designer.errors import BnnDesignerError
from bnn_designer.inference import EngineError
from bnn_designer.inspection import worker
from bnn_designer.inspection.bundle import to_bytes
from bnn_designer.inspection.origin import looked_at
from bnn_designer.inspection.trying import (
    ASK_FILE,
    TRIED_FILE,
    Ask,
    TriedImage,
    check_packed,
    read_ask,
    read_tried,
    write_ask,
    write_tried,
)
from bnn_designer.inspection.worker import try_image
from bnn_designer.measuring.checkpoint import keras_outputs, of_run
from bnn_designer.measuring.images import scaled
from bnn_designer.training.data import load
from tests.inspection.conftest import CLASSES, TEST_IMAGES, Trained

SHAPE = (8, 8, 3)


@pytest.fixture(autouse=True)
def timed_shortly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_TIMED_S", 0.01)


def quiet(step: str, share: float) -> None: ...


def test_a_test_image_gets_what_keras_gives_it(trained: Trained) -> None:
    store, run_id = trained.store, trained.run.id
    write_ask(store, run_id, Ask(index=7), None)
    found = try_image(store, run_id, quiet)
    data = load(trained.run.recipe.data)
    model = of_run(store, run_id, looked_at(store, run_id)[1])
    assert found.tried.probabilities == pytest.approx(keras_outputs(model, scaled(data.test_images[7:8]))[0], abs=1e-5)
    assert found.tried.label == data.test_labels[7]
    assert np.array_equal(found.image, data.test_images[7])
    assert found.tried.engine_ms > 0
    assert any("binary_conv_1" in group.layers for group in found.tried.groups)
    again = read_tried(store, run_id, CLASSES)
    assert again is not None
    assert again.tried == found.tried
    assert np.array_equal(again.image, found.image)
    assert [one.tensor for one in again.tried.left][::5] == ["conv_1.sign", "head_1.dense"]
    assert all(np.array_equal(there, here) for there, here in zip(again.left, found.left, strict=True))
    scores = np.array([one.score for one in again.tried.scores])
    assert np.exp(scores) / np.exp(scores).sum() == pytest.approx(found.tried.probabilities, abs=1e-5)


def test_an_image_that_is_given_has_no_class_to_be_right(trained: Trained) -> None:
    image = np.full(SHAPE, 200, np.uint8)
    write_ask(trained.store, trained.run.id, Ask(name="cat.png"), image)
    found = try_image(trained.store, trained.run.id, quiet)
    assert (found.tried.label, found.tried.ask.name) == (None, "cat.png")
    assert sum(found.tried.probabilities) == pytest.approx(1)


def test_a_number_beyond_the_set_is_refused(trained: Trained) -> None:
    write_ask(trained.store, trained.run.id, Ask(index=TEST_IMAGES), None)
    with pytest.raises(BnnDesignerError, match=f"the set has {TEST_IMAGES}, from 0"):
        try_image(trained.store, trained.run.id, quiet)


def test_an_image_of_another_shape_or_kind_is_refused(trained: Trained) -> None:
    store, run_id = trained.store, trained.run.id
    path = store.run_folder(run_id) / ASK_FILE
    for data in (
        b"",
        to_bytes("{}", {}),
        to_bytes("{}", {"image": np.zeros((8, 8, 4), np.uint8)}),
        to_bytes("{}", {"image": np.zeros(SHAPE)}),
        to_bytes("{}", {"image": np.zeros((9, 8, 3), np.uint8)}),
        to_bytes('{"index": -1}', {}),
    ):
        path.write_bytes(data)
        with pytest.raises(BnnDesignerError, match=rf"{ASK_FILE}: the file cannot be read .* Try an image again"):
            read_ask(store, run_id, SHAPE)


def test_what_came_out_is_read_for_its_own_classes_only(trained: Trained) -> None:
    store, run_id = trained.store, trained.run.id
    write_ask(store, run_id, Ask(index=0), None)
    found = try_image(store, run_id, quiet)
    with pytest.raises(BnnDesignerError, match="not of 4 classes"):
        read_tried(store, run_id, 4)
    (store.run_folder(run_id) / TRIED_FILE).write_bytes(b"PK")
    with pytest.raises(BnnDesignerError, match="cannot be read"):
        read_tried(store, run_id, CLASSES)
    for changed in ({"scores": found.tried.scores[1:]}, {"left": (*found.tried.left, found.tried.left[0])}):
        write_tried(store, run_id, TriedImage(found.tried.model_copy(update=changed), found.image, found.left))
        with pytest.raises(BnnDesignerError, match="cannot be read"):
            read_tried(store, run_id, CLASSES)
    write_tried(store, run_id, found)
    assert read_tried(store, "ffffffff", CLASSES) is None


def test_where_the_engine_has_no_room_for_all_tensors_the_answer_is_there_all_the_same(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(network: object, image: object) -> None:
        raise EngineError("there is no memory for an arena of 9 GB.")

    monkeypatch.setattr(worker, "left_between", refuse)
    write_ask(trained.store, trained.run.id, Ask(index=0), None)
    found = try_image(trained.store, trained.run.id, quiet)
    assert (found.tried.left, found.tried.scores) == ((), ())
    assert found.tried.why_no_left == "there is no memory for an arena of 9 GB."
    assert sum(found.tried.probabilities) == pytest.approx(1)


def test_without_a_packed_network_it_says_what_to_do(trained: Trained) -> None:
    with pytest.raises(BnnDesignerError, match="Look inside it first"):
        check_packed(trained.store, "ffffffff")
