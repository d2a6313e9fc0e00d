"""Trains a teacher and a binary student, and takes down their scores of test images, for the lesson on training tricks.

    python -m bnn_designer.bench.lesson_scores [--keep FOLDER] [--out FILE]

Writes ``lessons/teacher_scores.json``. Takes five minutes on a processor of its own; what was trained to its end in
FOLDER is not trained again. Not part of ``make bench``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from bnn_designer.design import Design
from bnn_designer.design.twin import full_precision_twin
from bnn_designer.files import write_text
from bnn_designer.lessons import teacher_scores as kept
from bnn_designer.nn.saved import load_saved
from bnn_designer.training.augment import scale
from bnn_designer.training.data.find import load
from bnn_designer.training.data.images import Images
from bnn_designer.training.folder import MODEL_FILE
from bnn_designer.training.loop import train
from bnn_designer.training.recipe import Recipe

#: What Keras puts below a probability before it takes the logarithm.
_LEAST = 1e-7
_ACCURACY_FILE = "accuracy.json"


def document(design: Design, teacher: Recipe, student: Recipe, data: Images, folder: Path) -> dict[str, Any]:
    """What the lesson's file holds.

    Args:
        design: of the student; the teacher is its full-precision twin.
        teacher, student: how they are trained.
        data: what they train on.
        folder: where each has a folder of its own.
    """
    places = {"teacher": folder / "teacher", "student": folder / "student"}
    accuracies = {
        "teacher": _trained(full_precision_twin(design), teacher, data, places["teacher"]),
        "student": _trained(design, student, data, places["student"]),
    }
    labels = np.asarray(data.test_labels)
    images = [int(np.flatnonzero(labels == label)[0]) for label in np.unique(labels)]
    found = {
        name: _logarithms(load_saved(place / MODEL_FILE), data.test_images[images]) for name, place in places.items()
    }
    scores = [
        {"label": int(labels[image]), "image": image, "teacher": of_teacher, "student": of_student}
        for image, of_teacher, of_student in zip(images, found["teacher"], found["student"], strict=True)
    ]
    return {**accuracies, "scores": scores}


def _trained(design: Design, recipe: Recipe, data: Images, folder: Path) -> float:
    """The validation accuracy after the last epoch; the model lies in the folder then."""
    file = folder / _ACCURACY_FILE
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        result = train(design, recipe, data, on_event=lambda _: None, should_cancel=lambda: False, folder=folder)
        write_text(file, json.dumps(round(result.epochs[-1].val_accuracy, 4)), overwrite=True)
    return float(json.loads(file.read_text(encoding="utf-8")))


def _logarithms(model: keras.Model, images: npt.NDArray[Any]) -> list[list[float]]:
    given = np.asarray(model.predict(scale(images), verbose=0), np.float64)
    return [[round(float(one), 3) for one in row] for row in np.log(np.maximum(given, _LEAST))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--out", type=Path, default=kept.FILE)
    arguments = parser.parse_args()
    recipe = Recipe(subset=kept.IMAGES, validation_subset=kept.TEST_IMAGES)
    teacher, student = (recipe.changed(epochs=epochs) for epochs in (kept.TEACHER_EPOCHS, kept.STUDENT_EPOCHS))
    with tempfile.TemporaryDirectory() as temporary:
        found = document(kept.student_network(), teacher, student, load(), arguments.keep or Path(temporary))
    write_text(arguments.out, json.dumps(found, separators=(",", ":")) + "\n", overwrite=True)
    print(json.dumps({name: found[name] for name in ("teacher", "student")}))


if __name__ == "__main__":
    main()
