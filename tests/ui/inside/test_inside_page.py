"""The page that looks inside a run, in every state."""

from __future__ import annotations

import io
import os
import sys
import time
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from bnn_designer.inspection import job as jobs
from bnn_designer.inspection.job import look_job, sensitivity_job
from bnn_designer.inspection.origin import weights_mark
from bnn_designer.inspection.report_file import read_found, report_path, write_found
from bnn_designer.inspection.sensitivity_report import sensitivity_path, write_sensitivity
from bnn_designer.inspection.trying import (
    Ask,
    packed_path,
    read_ask,
    write_tried,
)
from bnn_designer.measuring.job import JobState
from bnn_designer.measuring.machine import locked, note
from bnn_designer.processes import Owner
from bnn_designer.runs.store import Store
from bnn_designer.training.events import EpochEnd, LayerMeasures
from tests.inspection.made import made_found, made_sensitivity, made_tried
from tests.ui.components import set_state
from tests.ui.conftest import OpenPage, field, texts
from tests.ui.train.test_train_page import started_run


@pytest.fixture
def run_id(store: Store) -> str:
    return finished_run(store)


def finished_run(store: Store) -> str:
    """A finished run of binarynet with a checkpoint; nothing reads what is in it."""
    found = started_run(store)
    store.add_event(
        found,
        EpochEnd(
            epoch=2,
            loss=2.0,
            accuracy=0.2,
            val_loss=2.1,
            val_accuracy=0.25,
            seconds=1.0,
            layers=(LayerMeasures(name="binary_conv_1", flip_ratio=0.1),),
        ),
    )
    store.finish(found, "done")
    path = store.best_path(found)
    path.parent.mkdir(parents=True)
    path.touch()
    store.checkpoint_path(found).touch()
    return found


def keep(store: Store, run_id: str) -> None:
    """What was found in the checkpoint that is there."""
    found = made_found(run_id)
    mark = weights_mark(store.best_path(run_id))
    write_found(store, type(found)(found.inside.model_copy(update={"weights_mark": mark}), found.arrays))


def test_without_a_run_it_says_where_they_are(open_page: OpenPage) -> None:
    assert "No run selected" in texts(open_page("inside"))


def test_a_run_that_is_not_ready_says_why(open_page: OpenPage, store: Store) -> None:
    run_id = started_run(store)
    assert "has not ended" in texts(open_page("inside", run=run_id))
    store.finish(run_id, "cancelled")
    assert "no checkpoint yet" in texts(open_page("inside", run=run_id))


def test_a_press_starts_the_worker_and_the_page_shows_its_progress(
    open_page: OpenPage, store: Store, run_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = tmp_path / "over"
    program = (
        f"import os, time\nend = time.monotonic() + 60\n"
        f"while not os.path.exists({str(over)!r}) and time.monotonic() < end: time.sleep(.05)"
    )
    monkeypatch.setattr(jobs, "COMMAND", (sys.executable, "-c", program))
    app = open_page("inside", run=run_id)
    app.button(key=f"look_{run_id}").click().run()
    assert not app.exception
    assert "Starting" in str(app.get("progress")[0].proto.text)
    assert not any(button.key == f"look_{run_id}" for button in app.button)
    over.touch()


def test_why_it_failed_is_said(open_page: OpenPage, store: Store, run_id: str) -> None:
    look_job(store, run_id).write(JobState(state="failed", reason="The data set is gone", mend="Put it back"))
    app = open_page("inside", run=run_id)
    assert "The data set is gone. Put it back." in texts(app)
    assert app.button(key=f"look_{run_id}").label == "Look inside"


def test_while_something_is_measured_what_was_found_is_still_shown(
    open_page: OpenPage, store: Store, run_id: str
) -> None:
    keep(store, run_id)
    with locked("calibration"):
        note("calibration", Owner.of_process(), time.time())
        app = open_page("inside", run=run_id)
        assert "Another measurement is running" in texts(app)
        assert "get the right class" in texts(app)
        assert not any(button.key == f"look_{run_id}" for button in app.button)


def test_what_is_binarized_names_dead_channels(open_page: OpenPage, store: Store, run_id: str) -> None:
    keep(store, run_id)
    app = open_page("inside", run=run_id)
    said = texts(app).replace("\\", "")
    assert "Before binary_conv_1: 1 channel is always +1: 2. Do something about it." in said
    assert "trained on since" not in said
    field(app.selectbox, f"inside_layer_{run_id}").set_value("binary_conv_2").run()
    assert not app.exception
    assert "binarizes the image itself" in texts(app)


def test_each_part_is_drawn(open_page: OpenPage, store: Store, run_id: str) -> None:
    keep(store, run_id)
    for part, words in (
        ("weights", ("12.5 % are at ±1", "**81** of 324 weights never flipped (25.0 %); **43** still did in epoch 2")),
        ("sums", ("Sums of 54 products of signs", "one comparison a filter")),
        ("answers", ("Expected calibration error", "taken for")),
    ):
        said = texts(open_page("inside", run=run_id, part=part))
        assert all(word in said for word in words), part
    app = open_page("inside", run=run_id, part="sums")
    field(app.selectbox, f"inside_layer_{run_id}").set_value("binary_conv_2").run()
    assert "A shortcut reads them" in texts(app)
    app = open_page("inside", run=run_id, part="weights")
    field(app.selectbox, f"inside_layer_{run_id}").set_value("binary_conv_2").run()
    assert "keeps no float weights" in texts(app)


def test_weights_of_which_no_flips_are_kept_say_so(open_page: OpenPage, store: Store, run_id: str) -> None:
    found = made_found(run_id)
    inside = found.inside.model_copy(update={"flips": (), "why_no_flips": "Not recorded: of before."})
    write_found(store, type(found)(inside, found.arrays))
    said = texts(open_page("inside", run=run_id, part="weights")).replace("\\", "")
    assert "Not recorded: of before." in said
    assert "never flipped" not in said
    assert "whose sign changed in the epoch" in said  # what each epoch reported is there all the same


def test_layers_back_to_floats_are_tried_and_shown(open_page: OpenPage, store: Store, run_id: str) -> None:
    keep(store, run_id)
    app = open_page("inside", run=run_id, part="sensitivity")
    assert app.button(key=f"sensitivity_{run_id}").label == "Try the layers"
    assert "nothing is trained anew" in texts(app)
    write_sensitivity(store, made_sensitivity(run_id))
    app = open_page("inside", run=run_id, part="sensitivity")
    assert app.button(key=f"sensitivity_{run_id}").label == "Try the layers again"
    said = texts(app)
    assert "200 of 400 images are right as it is" in said
    assert "other weights than those" in said  # the mark is another one
    rows = app.dataframe[0].value
    assert rows["Float inputs"].tolist() == [
        "+5.0 ± 1.6 points: 30 turn right, 10 wrong",
        "\N{MINUS SIGN}5.0 ± 1.4 points: 5 turn right, 25 wrong",
    ]
    assert rows["Both"].tolist()[1] == "—"
    sensitivity_path(store, run_id).write_text("{")
    assert "cannot be read" in texts(open_page("inside", run=run_id, part="sensitivity"))


def test_while_the_layers_are_tried_that_is_what_runs(open_page: OpenPage, store: Store, run_id: str) -> None:
    keep(store, run_id)
    job = sensitivity_job(store, run_id)
    with locked(job.name):
        note(job.name, Owner.of_process(), time.time())
        job.write(JobState(state="running", step="6 changes", share=0.5))
        app = open_page("inside", run=run_id, part="sensitivity")
        assert "6 changes" in str(app.get("progress")[0].proto.text)
        assert "Another measurement" not in texts(app)
        assert not any(button.key == f"sensitivity_{run_id}" for button in app.button)


def test_two_runs_stand_beside_each_other(open_page: OpenPage, store: Store, run_id: str) -> None:
    keep(store, run_id)
    assert "Beside it" not in [box.label for box in open_page("inside", run=run_id).selectbox]
    other = finished_run(store)
    keep(store, other)
    for part in ("signs", "weights", "sums", "answers", "sensitivity", "try"):
        app = open_page("inside", run=run_id, beside=other, part=part)
        said = texts(app)
        assert f"#### binarynet :gray[{run_id}]" in said, part
        assert f"#### binarynet :gray[{other}]" in said, part
    app = open_page("inside", run=run_id, beside=other, part="sums", layer="binary_conv_2")
    assert texts(app).count("A shortcut reads them") == 2
    field(app.selectbox, "inside_beside").set_value("").run()
    assert "beside" not in app.query_params
    assert f"#### binarynet :gray[{other}]" not in texts(app)
    report_path(store, other).write_bytes(b"PK")
    said = texts(open_page("inside", run=run_id, beside=other))
    assert f"Run {other}: inside.npz: the file cannot be read" in said.replace("\\", "")
    assert "goes through before its sign" in said
    assert not open_page("inside", run=run_id, beside="ffffffff").exception


def test_two_runs_begin_at_the_first_layer_that_both_have(open_page: OpenPage, store: Store, run_id: str) -> None:
    keep(store, run_id)
    other = finished_run(store)
    keep(store, other)
    found = read_found(store, other)
    assert found is not None
    assert len(found.inside.sums) > 1
    fewer = found.inside.model_copy(update={"sums": found.inside.sums[1:]})
    write_found(store, type(found)(fewer, found.arrays))
    app = open_page("inside", run=run_id, beside=other, part="sums")
    second = fewer.sums[0].name
    assert [field(app.selectbox, f"inside_layer_{one}").value for one in (run_id, other)] == [second, second]
    alone = open_page("inside", run=run_id, part="sums")
    assert field(alone.selectbox, f"inside_layer_{run_id}").value == found.inside.sums[0].name


def a_picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (100, 60), "red").save(buffer, "PNG")
    return buffer.getvalue()


def test_a_test_image_is_asked_for_by_its_number(
    open_page: OpenPage, store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, run_id)
    assert "packed network is gone" in texts(open_page("inside", run=run_id, part="try"))
    packed_path(store, run_id).touch()
    monkeypatch.setattr(jobs, "COMMAND", (sys.executable, "-c", ""))
    app = open_page("inside", run=run_id, part="try")
    assert "Nothing was tried yet" in texts(app)
    app.number_input(key=f"try_number_{run_id}").set_value(49).run()
    app.button(key=f"try_{run_id}").click().run()
    assert not app.exception
    assert read_ask(store, run_id, (32, 32, 3)) == (Ask(index=49), None)


def test_a_picture_is_scaled_to_what_the_network_takes(
    open_page: OpenPage, store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, run_id)
    packed_path(store, run_id).touch()
    monkeypatch.setattr(jobs, "COMMAND", (sys.executable, "-c", ""))
    app = open_page("inside", run=run_id, part="try", image="file")
    app.file_uploader(key=f"try_file_{run_id}").upload("red.png", a_picture(), "image/png").run()
    app.button(key=f"try_{run_id}").click().run()
    assert not app.exception
    ask, image = read_ask(store, run_id, (32, 32, 3))
    assert ask == Ask(name="red.png")
    assert image is not None
    assert (image == (255, 0, 0)).all()
    app = open_page("inside", run=run_id, part="try", image="file")
    app.file_uploader(key=f"try_file_{run_id}").upload("no.png", b"GIF89a", "image/png").run()
    assert "no PNG and no JPEG" in texts(app)


@pytest.mark.parametrize(
    ("state", "said"), [("insecure", "https"), ("refused", "site's settings"), ("missing", "no camera")]
)
def test_what_keeps_the_camera_away_is_told_until_it_is_gone(
    open_page: OpenPage, store: Store, run_id: str, state: str, said: str
) -> None:
    keep(store, run_id)
    packed_path(store, run_id).touch()
    app = open_page("inside", run=run_id, part="try", image="camera")
    key = f"try_camera_state_{run_id}"
    for told, camera in ((None, True), (state, False), ("ready", True), ("<b>nonsense", True)):
        if told is not None:
            set_state(app, key, state=told)
        assert not app.exception
        assert [said in texts(app), bool(app.get("camera_input"))] == [not camera, camera], told


def test_the_answer_stands_beside_what_is_right_and_what_floats_take(
    open_page: OpenPage, store: Store, run_id: str
) -> None:
    keep(store, run_id)
    packed_path(store, run_id).touch()
    write_tried(store, run_id, made_tried(Ask(index=3), 0))
    app = open_page("inside", run=run_id, part="try")
    assert "**a frog with a long name**, but it is cat" in texts(app)
    assert [metric.value for metric in app.metric] == ["0.500 ms", "3.50 ms"]
    assert "The packed engine uses one thread. TensorFlow uses all of them" in texts(app)
    answers, groups, scores = (table.value for table in app.dataframe)
    assert scores["Class"].tolist()[0] == "a frog with a long name"
    assert scores.iloc[0].tolist()[1:] == [0.5, 4.5, -2.0, 3.0, 0.625]
    said = texts(app)
    assert "Its answer, layer by layer" in said
    assert "a sum of 64 products" in said
    assert answers["Class"].tolist() == ["a frog with a long name", "<b>dog</b>", "cat"]
    assert groups["Share"].tolist() == ["75 %", "25 %"]
    there = made_tried(Ask(name="me.png"), None)
    of_before = there.tried.model_copy(update={"left": (), "scores": (), "why_no_left": "Try it again."})
    write_tried(store, run_id, type(there)(of_before, there.image))
    said = texts(open_page("inside", run=run_id, part="try"))
    assert "but it is" not in said
    assert "Try it again" in said
    assert "How the scores come about" not in said


def test_other_weights_than_those_looked_at_are_told(open_page: OpenPage, store: Store, run_id: str) -> None:
    keep(store, run_id)
    os.utime(store.best_path(run_id), ns=(0, 1))
    assert "trained on since" not in texts(open_page("inside", run=run_id))
    with zipfile.ZipFile(store.best_path(run_id), "w") as archive:
        archive.writestr("model.weights.h5", b"others")
    assert "trained on since" in texts(open_page("inside", run=run_id))


def test_a_damaged_report_is_no_traceback_and_can_be_made_anew(open_page: OpenPage, store: Store, run_id: str) -> None:
    report_path(store, run_id).write_bytes(b"PK nonsense")
    app = open_page("inside", run=run_id)
    assert "cannot be read" in texts(app)
    assert app.button(key=f"look_{run_id}").label == "Look inside"


def test_a_run_leads_there(open_page: OpenPage, store: Store, run_id: str) -> None:
    for page in ("train", "runs"):
        assert "Look inside" in [link.proto.label for link in open_page(page, run=run_id).get("page_link")], page
