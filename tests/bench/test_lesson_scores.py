"""The scores of the lesson on training tricks are what the networks give."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from bnn_designer.bench.lesson_scores import document
from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, GlobalPool, Head
from bnn_designer.design.twin import full_precision_twin
from bnn_designer.graph import lower
from bnn_designer.lessons.teacher_scores import scores_of, teacher_scores
from bnn_designer.nn import build_model
from bnn_designer.training.augment import scale
from bnn_designer.training.data.images import Augmentation, Facts, Images
from bnn_designer.training.recipe import Recipe


@pytest.fixture
def student() -> Design:
    blocks = (BinaryConv(filters=2, batch_norm=BatchNormOptions()), GlobalPool(), Head())
    return Design(name="one", input_shape=(8, 8, 3), classes=3, blocks=blocks)


@pytest.fixture
def data() -> Images:
    """Two of each of three classes, for training and as test images."""
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), np.uint8)
    labels = np.array([2, 2, 0, 1, 0, 1], np.uint8)
    facts = Facts("three", (8, 8, 3), 3)
    return Images(facts, pixels, labels, pixels, labels, ("a", "b", "c"), Augmentation(False, 0, "made up"))


def test_the_first_image_of_each_class_has_both_networks_logarithms(
    student: Design, data: Images, tmp_path: Path
) -> None:
    models = {"teacher": build_model(lower(full_precision_twin(student))), "student": build_model(lower(student))}
    for (name, model), accuracy in zip(models.items(), (0.6, 0.5), strict=True):
        (tmp_path / name).mkdir()
        model.save(tmp_path / name / "model.keras")
        (tmp_path / name / "accuracy.json").write_text(str(accuracy))  # trained, so that nothing trains here
    found = scores_of(document(student, Recipe(), Recipe(), data, tmp_path))
    assert (found.teacher, found.student) == (0.6, 0.5)
    assert [(one.label, one.image) for one in found.scores] == [(0, 2), (1, 3), (2, 0)]
    for name, model in models.items():
        given = keras.ops.convert_to_numpy(model(scale(data.test_images[[2, 3, 0]])))
        for one, row in zip(found.scores, given, strict=True):
            assert getattr(one, name) == pytest.approx(np.log(row), abs=1e-3)


def test_what_is_not_there_is_trained_and_not_again(student: Design, data: Images, tmp_path: Path) -> None:
    recipe = Recipe(epochs=1, batch_size=3, engine="float", gradients="float")
    found = document(student, recipe, recipe, data, tmp_path / "new")
    trained = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("model.keras")}
    assert {path.parent.name for path in trained} == {"teacher", "student"}
    assert document(student, recipe, recipe, data, tmp_path / "new") == found
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("model.keras")} == trained


def test_the_lessons_file_has_ten_classes() -> None:
    found = teacher_scores()
    assert [one.label for one in found.scores] == list(range(10))
    for one in found.scores:
        assert np.exp(one.teacher).sum() == pytest.approx(1, abs=0.01)
        assert np.exp(one.student).sum() == pytest.approx(1, abs=0.01)
