"""What runs took, out of their events, and how long the next one will take."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bnn_designer.design import Design, apply_edit
from bnn_designer.design.edits import UpdateDesign
from bnn_designer.design.twin import full_precision_twin
from bnn_designer.measuring import training_time, waiting_time
from bnn_designer.measuring.pace import Estimate, Sample, Work, estimate, taught
from bnn_designer.measuring.training_time import NoEstimate, estimate_text, short_run
from bnn_designer.processes import Owner
from bnn_designer.runs.measured import Manner, Measured, measured_here
from bnn_designer.runs.store import Store
from bnn_designer.runs.waiting import Place
from bnn_designer.training.amounts import Amounts
from bnn_designer.training.events import EpochEnd, FirstStep, Started, StepWindow
from bnn_designer.training.recipe import Recipe

MANNER = Manner.of(Recipe(), 2)
OTHER_MANNER = Manner.of(Recipe(optimizer="sgd"), 2)
AMOUNTS = Amounts(epochs=2, train_images=2000, validation_images=300, last_validation_images=200)
RECIPE = Recipe(epochs=2, subset=1000, validation_subset=100, gradients="float")


def sample(network: str, binary: int, image_s: float, **took: float) -> Sample:
    """A run whose windows were between half and one and a half of its time."""
    measured = Measured(network, "", MANNER, 50, image_s, 0.5 * image_s, 1.5 * image_s, **took)  # type: ignore[arg-type]
    return Sample(Work(network, binary, 0), measured)


def test_of_the_same_network_the_median_counts_with_what_comes_on_top() -> None:
    runs = [
        sample(
            "a", 10, image_s, validated_image_s=image_s / 4, epoch_rest_s=3.0, preparing_s=20.0, ending_image_s=image_s
        )
        for image_s in (0.01, 0.02, 0.03)
    ]
    found = estimate(Work("a", 10, 0), MANNER, 50, AMOUNTS, [*runs, sample("b", 10, 9.0)])
    assert found is not None
    assert (found.basis, found.runs, found.networks) == ("same", 3, 1)
    assert (found.training_s, found.preparing_s) == (2000 * 0.02, 20.0)
    assert found.validation_s == pytest.approx(300 * 0.02 / 4)
    assert found.rest_s == pytest.approx(2 * 3.0 + 200 * 0.02)
    # the fastest and the slowest quarter of any run's windows; what prepares takes as long
    assert (found.least_image_s, found.most_image_s) == (0.5 * 0.01, 1.5 * 0.03)
    assert found.least_s == pytest.approx(20 + (found.total_s - 20) / 4)


def test_of_others_it_goes_by_the_macs_and_each_is_left_out_once() -> None:
    found = estimate(Work("c", 300, 0), MANNER, 50, AMOUNTS, [sample("a", 100, 1.0), sample("b", 200, 2.5)])
    assert found is not None
    assert (found.basis, found.networks) == ("like", 2)
    # 0.01 and 0.0125 s a MAC; from one of the two, the other is off by their quotient
    assert found.image_s == pytest.approx(300 * 0.01125)
    assert found.most_image_s == pytest.approx(found.image_s * 1.25)
    # nothing says how long a validation takes: a third of a step, which has three products
    assert found.validation_s == pytest.approx(300 * found.image_s / 3)


def test_the_start_of_a_short_validation_does_not_grow_with_another_network_s_macs() -> None:
    # 50 s an image where a step of it takes 1: tracing, shared among few images
    known = [sample("a", 100, 1.0, validated_image_s=50.0, ending_image_s=50.0)]
    found = estimate(Work("c", 300, 0), MANNER, 50, AMOUNTS, known)
    assert found is not None
    assert (found.image_s, found.validation_s) == (pytest.approx(3.0), pytest.approx(300 * 3.0))
    assert found.rest_s == pytest.approx(AMOUNTS.last_validation_images * 3.0)
    # of the same network it is what was measured
    same = estimate(Work("a", 100, 0), MANNER, 50, AMOUNTS, known)
    assert same is not None
    assert same.validation_s == pytest.approx(300 * 50.0)


def test_a_teacher_adds_its_forward_pass_over_the_training_images() -> None:
    own_runs = [sample("a", 100, 0.03, validated_image_s=0.009)]
    own = estimate(Work("a", 100, 0), MANNER, 50, AMOUNTS, own_runs)
    assert own is not None
    # as its own validations took here, however it was trained
    teachers = Sample(Work("t", 0, 70), replace(sample("t", 0, 0.5, validated_image_s=0.004).took, manner=OTHER_MANNER))
    found = taught(own, Work("t", 0, 70), MANNER, 50, AMOUNTS, [*own_runs, teachers])
    assert found is not None
    assert (found.teacher_basis, found.teacher_s) == ("validated", 2000 * 0.004)
    # validations are without the teacher
    assert (found.training_s, found.validation_s) == (own.training_s, own.validation_s)
    assert found.total_s == pytest.approx(own.total_s + 8)
    assert "training steps 1:00, its teacher's outputs 0:08, validation" in estimate_text(found)
    # else a third of its step, of three products: 300 MACs at 0.03 / 100 s each
    found = taught(own, Work("t", 300, 0), MANNER, 50, AMOUNTS, own_runs)
    assert found is not None
    assert found.teacher_s == pytest.approx(2000 * 300 * 0.0003 / 3)
    assert "Its teacher was not validated here yet" in estimate_text(found)
    # on other threads it takes another time, and nothing else tells
    on_four = replace(teachers, took=replace(teachers.took, manner=replace(OTHER_MANNER, threads=4)))
    assert taught(own, Work("t", 0, 70), MANNER, 50, AMOUNTS, [on_four]) is None


def test_a_run_with_a_teacher_is_told_by_both_until_one_with_it_was_trained(store: Store, small_design: Design) -> None:
    twin = full_precision_twin(small_design)
    trained(store, small_design, images_per_second=100.0)
    teacher = trained(store, twin, images_per_second=200.0)  # 100 images validated in 1 s: 0.01 s each
    taught_by = RECIPE.changed(teacher=teacher)
    before = training_time.training_time(store, small_design, RECIPE, threads=2, teacher=twin)
    named = training_time.training_time(store, small_design, taught_by, threads=2)
    assert isinstance(before, Estimate)
    assert before == named
    assert (before.training_s, before.teacher_s) == (2 * 1000 * 0.01, 2 * 1000 * 0.01)
    # in the queue, too
    waiting = store.create_run(small_design, taught_by, waits_for=teacher)
    assert waiting_time.length_s(store, replace(store.run(waiting), threads=2)) == pytest.approx(before.total_s)
    trained(store, small_design, images_per_second=80.0, recipe=taught_by)
    after = training_time.training_time(store, small_design, taught_by, threads=2)
    assert isinstance(after, Estimate)
    assert (after.basis, after.teacher_s, after.training_s) == ("same", 0.0, 2 * 1000 / 80)


def test_with_one_other_network_the_error_is_not_known_and_with_none_all_is() -> None:
    found = estimate(Work("c", 300, 0), MANNER, 50, AMOUNTS, [sample("a", 100, 1.0)])
    assert found is not None
    assert (found.image_s, found.least_s, found.most_s) == (3.0, None, None)
    assert "How far off that is is not known" in estimate_text(found)
    assert (
        estimate(Work("a", 100, 0), Manner.of(Recipe(optimizer="sgd"), 2), 50, AMOUNTS, [sample("a", 1, 1.0)]) is None
    )


def test_a_batch_and_both_kinds_of_macs_are_told_apart() -> None:
    """What follows the formula exactly is predicted exactly: 0.5 s a step, 1e-6 s a binary MAC, 1e-4 s a float one."""

    def took(batch: int, binary: int, floats: int) -> float:
        return 0.5 / batch + 1e-6 * binary + 1e-4 * floats

    shapes = [(50, 9_000, 100), (50, 1_000, 300), (20, 5_000, 10), (100, 70_000, 40), (10, 2_000, 900)]
    samples = [
        Sample(Work(f"n{number}", binary, floats), Measured("", "", MANNER, batch, image_s, image_s, image_s))
        for number, (batch, binary, floats) in enumerate(shapes)
        for image_s in [took(batch, binary, floats)]
    ]
    found = estimate(Work("new", 30_000, 500), MANNER, 50, AMOUNTS, samples)
    assert found is not None
    assert found.image_s == pytest.approx(took(50, 30_000, 500))
    assert found.most_image_s == pytest.approx(found.image_s)


def trained(store: Store, design: Design, images_per_second: float, recipe: Recipe = RECIPE) -> str:
    run_id = store.create_run(design, recipe, owner=Owner.of_process())
    started = Started(
        engine="xnor",
        engine_reason=None,
        train_images=1000,
        validation_images=100,
        steps_per_epoch=20,
        epochs=2,
        threads=2,
    )
    store.add_event(run_id, started)
    store.add_event(run_id, FirstStep(epoch=1, step=1, seconds=2.0))
    for step in (10, 20):
        store.add_event(
            run_id,
            StepWindow(
                epoch=1, step=step, steps_per_epoch=20, loss=1, accuracy=0.5, images_per_second=images_per_second
            ),
        )
    end = EpochEnd(epoch=1, loss=1, accuracy=0.5, val_loss=1, val_accuracy=0.5, seconds=9)
    timed = {"validation_s": 1.0, "validation_images": 100, "measuring_s": 0.25, "saving_s": 0.5}
    store.add_event(run_id, end.model_copy(update=timed))
    store.finish(run_id, "done")
    return run_id


def test_what_the_store_has(store: Store, small_design: Design) -> None:
    assert measured_here(store) == ()
    unknown = training_time.training_time(store, small_design, RECIPE, threads=2)
    assert isinstance(unknown, NoEstimate)
    assert "Nothing was trained in this manner (engine auto, gradients float, adam, 2 threads)" in unknown.reason
    run_id = trained(store, small_design, images_per_second=100.0)
    (took,) = measured_here(store)
    assert (took.run_id, took.image_s, took.validated_image_s, took.epoch_rest_s) == (run_id, 0.01, 0.01, 0.75)
    # another name is no other network
    renamed = apply_edit(small_design, UpdateDesign(changes={"name": "another"}))
    found = training_time.training_time(store, renamed, RECIPE, threads=2)
    assert isinstance(found, Estimate)
    assert (found.basis, found.training_s, found.validation_s) == ("same", 2 * 1000 * 0.01, 2 * 100 * 0.01)
    waiting = store.create_run(small_design, RECIPE)
    length_s = waiting_time.length_s(store, store.run(waiting))
    # of a run that has no number of threads yet, those that it will take here are asked for
    assert length_s is None or length_s == pytest.approx(found.total_s)


def test_places_and_times_of_the_stores_own_queue(
    store: Store, small_design: Design, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BNN_THREADS", "2")
    monkeypatch.setenv("BNN_MAX_PARALLEL_RUNS", "1")
    trained(store, small_design, images_per_second=100.0)
    told = training_time.training_time(store, small_design, RECIPE)
    assert isinstance(told, Estimate)
    assert told.preparing_s is not None
    whole_s = told.total_s
    # two epochs of 1000 images and of a validation of 100 at 0.01 s, 0.75 s on top of each, and this test's own time
    assert whole_s == pytest.approx(2 * (1000 + 100) * 0.01 + 2 * 0.75 + told.preparing_s)
    held = store.create_run(small_design, RECIPE, owner=Owner.of_process(), person="Ada")
    ada = [store.create_run(small_design, RECIPE, person="Ada") for _ in range(2)]
    ben = store.create_run(small_design, RECIPE, person="Ben")
    other = store.create_run(small_design, RECIPE.changed(optimizer="sgd"), person="Ben")
    found = waiting_time.line(store)
    ((run, left_s),) = found.held
    assert run.id == held
    assert left_s is not None
    assert left_s < whole_s
    assert [run.id for run, _ in found.waiting] == [ben, ada[0], other, ada[1]]
    waits = [place.wait_s for _, place in found.waiting]
    # nothing was trained with SGD, so when it ends is not known
    assert waits[:3] == [pytest.approx(left_s + n * whole_s) for n in range(3)]
    assert waits[3] is None
    assert found.place(ben) == Place(ben, 1, waits[0])
    text = waiting_time.place_text(Place(ben, 1, 90.0), 4)
    assert text == "Queued, at position 1 of 4. It starts in about 1:30, if nobody else queues a run meanwhile."
    assert "It starts in a moment" in waiting_time.place_text(Place(ben, 1, 0.0), 4)
    last = found.place(ada[1])
    assert last is not None
    assert "When it starts is not known" in waiting_time.place_text(last, 4)
    assert found.place(held) is None


def test_of_a_run_that_trains_its_own_curve_tells_what_is_left(store: Store, small_design: Design) -> None:
    run_id = store.create_run(small_design, RECIPE, owner=Owner.of_process())
    assert waiting_time.left_s(store, store.run(run_id)) is None
    started = Started(
        engine="xnor", engine_reason=None, train_images=1000, validation_images=0, steps_per_epoch=20, epochs=2
    )
    store.add_event(run_id, started)
    for step in (5, 10):  # the second look reads on from the first
        window = StepWindow(epoch=1, step=step, steps_per_epoch=20, loss=1, accuracy=0.5, images_per_second=10.0)
        store.add_event(run_id, window)
        assert waiting_time.left_s(store, store.run(run_id)) == pytest.approx((2 * 20 - step) * 50 / 10.0)
    store.finish(run_id, "paused")
    store.queue_again(run_id, allowed=("paused",), why="")
    assert waiting_time.length_s(store, store.run(run_id)) == pytest.approx((2 * 20 - 10) * 50 / 10.0)


def test_what_is_told_is_kept_until_a_run_ends(store: Store, small_design: Design) -> None:
    trained(store, small_design, images_per_second=100.0)
    known = training_time._known(store)
    assert training_time._known(store) is known
    # half as fast: the median of the two
    trained(store, small_design, images_per_second=50.0)
    found = training_time.training_time(store, small_design, RECIPE, threads=2)
    assert isinstance(found, Estimate)
    assert (found.runs, found.image_s) == (2, (0.01 + 0.02) / 2)


def test_the_short_run_trains_in_the_same_manner(small_design: Design) -> None:
    for recipe in (Recipe(), Recipe(epochs=6, first_stage_epochs=3), Recipe(subset=100, engine="float")):
        design, short = short_run(small_design, recipe)
        assert Manner.of(short, 2) == Manner.of(recipe, 2)
        assert training_time.work_of(design) == training_time.work_of(small_design)
        assert (short.batch_size, short.subset) == (50, min(30 * 50, recipe.subset or 1500))
