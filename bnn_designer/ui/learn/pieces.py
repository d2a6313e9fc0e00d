"""What reacts at once in a lesson: components in plain JavaScript (``web/``), and what each is given.

A piece works in the browser alone, so that a class of students asks the server for nothing while they try things. Which
questions were answered and which lessons are done is kept in the browser too (``web/progress.js``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from bnn_designer.lessons import Lesson
from bnn_designer.lessons.estimators import ESTIMATORS
from bnn_designer.lessons.folding import RESULT as BATCH_NORM
from bnn_designer.lessons.one_weight import RATES
from bnn_designer.lessons.pooling import RESULT as POOL_ORDER
from bnn_designer.lessons.shortcut_ways import RESULT
from bnn_designer.ui.learn import (
    device_cost_data,
    ends_data,
    folding_data,
    pools_data,
    shape_change_data,
    shortcuts_data,
    sign_place_data,
    signs_data,
    tricks_data,
    verdict_data,
)
from bnn_designer.ui.shared.scripts import script, style
from bnn_designer.ui.shared.state import errors_shown

_WEB = Path(__file__).parent / "web"


def _component(name: str, *styles: str) -> Callable[..., Any]:
    css = style(_WEB, "piece.css", *styles)
    mount: Callable[..., Any] = st.components.v2.component(
        f"bnn_designer.{name}", css=css, js=script(_WEB, f"{name}.js")
    )
    return mount


_course = _component("course", "course.css")
_question = _component("question", "choices.css", "question.css")
_answer = _component("answer", "answer.css")
_finish = _component("finish")
_print = _component("print")

_verdict = _component("verdict", "curves.css", "ends.css")
_device = _component("device", "curves.css", "ends.css", "device.css")
_fold = _component("fold", "curves.css", "ends.css")

#: A lesson's pieces by the names that its parts have.
_PIECES: Mapping[str, Callable[..., Any]] = {
    "layer": _component("layer", "signs.css"),
    "convolution": _component("convolution", "signs.css", "maps.css"),
    "slope": _component("slope", "curves.css"),
    "training": _component("training", "curves.css"),
    "signplace": _component("signplace", "curves.css", "steps.css"),
    "ends": _component("ends", "curves.css", "ends.css"),
    "plane": _component("plane", "curves.css", "ends.css"),
    "batchnorm": _component("batchnorm", "curves.css", "histogram.css"),
    "fold": _fold,
    "verdict": _verdict,
    "onesign": _component("onesign", "curves.css", "histogram.css"),
    "carried": _device,
    "shortcutruns": _verdict,
    "poolorder": _component("poolorder", "curves.css", "histogram.css", "ends.css", "maps.css", "pools.css"),
    "poolfold": _fold,
    "poolruns": _verdict,
    "shapes": _component("shapes", "curves.css", "ends.css", "shapes.css"),
    "device": _device,
    "puzzle": _component("puzzle", "curves.css", "ends.css", "puzzle.css"),
    "flips": _component("flips", "curves.css", "flips.css"),
    "recipes": _component("recipes", "recipes.css"),
    "twostages": _component("twostages", "curves.css", "ends.css", "choices.css", "guess.css"),
    "distill": _component("distill", "curves.css", "ends.css", "choices.css", "guess.css", "distill.css"),
}

_estimators = [{"name": one.name, "says": one.says, "true_slope": one.true_slope} for one in ESTIMATORS.values()]
#: What each is given; functions where it is counted or read when the piece is drawn.
_DATA: Mapping[str, Mapping[str, Any] | Callable[[], Mapping[str, Any]]] = {
    "layer": signs_data.layer,
    "convolution": signs_data.convolution,
    "slope": {"estimators": _estimators},
    "training": {"estimators": _estimators, "rates": RATES},
    "signplace": sign_place_data.sign_places,
    "ends": ends_data.curves,
    "plane": ends_data.plane,
    "batchnorm": folding_data.histograms,
    "fold": folding_data.folds,
    "verdict": partial(verdict_data.verdict, BATCH_NORM),
    "onesign": shortcuts_data.signs,
    "carried": device_cost_data.shortcuts,
    "shortcutruns": partial(verdict_data.verdict, RESULT),
    "shapes": shape_change_data.shape_changes,
    "poolorder": pools_data.orders,
    "poolfold": pools_data.programs,
    "poolruns": partial(verdict_data.verdict, POOL_ORDER),
    "device": device_cost_data.stages,
    "puzzle": device_cost_data.choices,
    "flips": tricks_data.flips,
    "recipes": tricks_data.recipes,
    "twostages": tricks_data.two_stages,
    "distill": tricks_data.distillation,
}


def draw_piece(lesson: Lesson, name: str) -> Mapping[str, Any] | None:
    """Draws a piece of a lesson, or the error of the user's that came in its way.

    Returns:
        What the piece was given; None where there was an error.

    Raises:
        KeyError: there is no piece of that name.
    """
    piece, given = _PIECES[name], _DATA[name]
    with errors_shown():
        data = given() if callable(given) else given
        piece(key=f"{lesson.name}.{name}", data=data)
        return data
    return None


def draw_course(lessons: tuple[Lesson, ...], on_opened: Callable[[str], None], nickname: str | None = None) -> None:
    """The list of lessons with what this browser remembers of each.

    Args:
        lessons: of the course.
        on_opened: called with a lesson's name.
        nickname: of the member of a class that this tab is; None: of none.
    """
    key = "course"

    def opened() -> None:
        value = st.session_state.get(key)
        name = value.get("opened") if isinstance(value, Mapping) else None
        if isinstance(name, str):
            on_opened(name)

    listed = [
        {"name": one.name, "number": number, "title": one.title, "minutes": one.minutes, "idea": one.idea}
        for number, one in enumerate(lessons, start=1)
    ]
    _course(key=key, data={"lessons": listed, "nickname": nickname}, on_opened_change=opened)


def draw_question(lesson: Lesson) -> None:
    """The question to be answered first; the browser shows why after an answer."""
    asked = lesson.question
    data = {
        "lesson": lesson.name,
        "text": asked.text,
        "choices": asked.choices,
        "right": asked.right,
        "why": asked.why,
    }
    _question(key=f"{lesson.name}.question", data=data)


def draw_printed_answer(lesson: Lesson) -> None:
    """The answer to the question, on paper only: on the screen it is shown once one was chosen."""
    asked = lesson.question
    right = asked.choices[asked.right].rstrip(".")
    _answer(key=f"{lesson.name}.answer", data={"right": f"{right}.", "why": asked.why})


def draw_finish(lesson: Lesson) -> None:
    """A box to tick when the lesson is done."""
    _finish(key=f"{lesson.name}.finish", data={"lesson": lesson.name})


def draw_print(key: str, text: str) -> None:
    """A button that prints the page."""
    _print(key=f"{key}.print", data={"text": text})
