"""Every page in every state that matters, opened by its address: for axe, for the network, for the screenshots.

The drafts and runs are put into the server's store, so that hardly anything has to be pressed on the way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from playwright.sync_api import Page, expect

from bnn_designer.bench.browser import pages
from bnn_designer.bench.cases.ui import EDITED, design_of
from bnn_designer.design import Design
from bnn_designer.design.blocks import BinaryConv, BinaryDense, Conv, Head, Shortcut
from bnn_designer.design.presets import preset
from bnn_designer.design.twin import full_precision_twin
from bnn_designer.inspection.report_file import write_found
from bnn_designer.inspection.sensitivity_report import write_sensitivity
from bnn_designer.inspection.trying import Ask, packed_path, write_tried
from bnn_designer.lessons import COURSE
from bnn_designer.processes import Owner
from bnn_designer.runs import awaiting
from bnn_designer.runs.classes import Classes, LessonState, Members, Report
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.records import Status
from bnn_designer.runs.store import Store, store_url
from bnn_designer.runs.sweeps import NewRun, add_sweep, note_trials
from bnn_designer.search import process
from bnn_designer.search.definition import Limit, Search
from bnn_designer.search.trials import State as TrialState
from bnn_designer.search.trials import Trial, priced
from bnn_designer.sweeps.plan import plan
from bnn_designer.sweeps.what_if import sweep_of_variants
from bnn_designer.training.events import EpochEnd, FirstStep, Started, StepWindow
from bnn_designer.training.failures import Failure
from bnn_designer.training.recipe import Recipe
from tests.browser.canvas import Canvas
from tests.inspection.made import made_found, made_sensitivity, made_tried

LONG_NAME = "a network with a long name that says all that was tried: width 1.5, no shortcut"
EPOCHS, STEPS = 10, 98


def broken() -> Design:
    """A shortcut over a convolution that changes the number of channels, which cannot be added."""
    return Design(name="broken", blocks=(Conv(filters=32), Shortcut(body=(BinaryConv(filters=48),)), Head()))


def named_at_length() -> Design:
    """Labels and a name of the greatest length that people give."""
    blocks = (
        Conv(filters=32, label="the stem, in full precision, as in all of the field's networks"),
        Shortcut(label="a shortcut over the first block of the first stage", body=(BinaryConv(filters=32),)),
        BinaryDense(units=10, label="W" * 40),
    )
    return Design(name=LONG_NAME, blocks=blocks)


def too_small() -> Design:
    """A network made for ImageNet, given CIFAR-10's images."""
    return Design.model_validate(dict(preset("bi-real-net")) | {"input_shape": (32, 32, 3)})


DESIGNS: Mapping[str, Callable[[], Design]] = {
    "empty": Design,
    "small": lambda: preset("bi-real-cifar"),
    "preset": lambda: preset("reactnet-cifar"),
    "large": lambda: design_of(150),
    "broken": broken,
    "long": named_at_length,
    "branches": lambda: preset("group-net-18"),
    "advised": lambda: preset("binarynet"),
    "stem": too_small,
    "series": lambda: preset("har-1d"),
    "shared": lambda: preset("bi-real-cifar"),
    "digits": lambda: preset("bi-real-cifar"),
}

#: Variants that are trained.
SWEPT = ("shortcuts-none", "ends-binary")
VERSION = "before the wider stage"
#: Two designs side by side, and as many as can be; the presets are found by their names in every store.
TWO = "preset:bi-real-cifar,preset:quicknet-cifar"
SIX = f"{TWO},preset:reactnet-cifar,preset:binarynet,preset:xnor-net-cifar,preset:quicknet"


class World:
    """The store of a server, and the drafts and runs in it.

    Attributes:
        editor: changes drafts as another process does.
        drafts, runs, sweeps: their ids by their names.
        teacher_key: opens the page of a class, whose network is that of most runs.
    """

    def __init__(self, home: Path) -> None:
        self.store = Store(store_url(home), home)
        self.editor = Drafts(self.store.engine)
        self.drafts = {name: self.editor.create(make()).id for name, make in DESIGNS.items()}
        self.editor.snapshot(self.drafts["small"], VERSION)
        self.editor.set_recipe(self.drafts["digits"], Recipe(data="mnist").to_json())
        self.teacher_key = self._class()
        self.runs: dict[str, str] = {}
        self.sweeps: dict[str, str] = {}

    def _class(self) -> str:
        """A class of two members, of whom one has answered wrong; returns the teacher's key."""
        record, key = Classes(self.store.engine).create("7b", design=DESIGNS["small"]())
        members = Members(self.store.engine)
        for answer in (COURSE[0].question.right, 0):
            state = LessonState(answer, done=answer > 0)
            members.report(members.join(record.id)[0].id, Report({COURSE[0].name: state}))
        return key

    def train(self) -> None:
        """Runs that are done, under way (by this process), failed and interrupted."""
        owner = Owner.of_process()
        errors = {
            "failed": "Epoch 2, step 7: the loss became nan. Lower the learning rate.",
            "interrupted": "Its process 4711 is gone: it was killed, or the machine ran out of memory.",
        }
        runs: tuple[tuple[str, int, Status | None], ...] = (
            ("small", EPOCHS, "done"),
            ("long", 3, None),
            ("small", 1, "failed"),
            ("small", 4, "interrupted"),
        )
        for name, epochs, status in runs:
            run = self.store.create_run(DESIGNS[name](), Recipe(epochs=EPOCHS), owner=owner)
            self._report(run, epochs)
            if status is not None:
                failure: Failure | None = "diverged" if status == "failed" else None
                self.store.finish(run, status, errors.get(status), failure=failure)
            self.runs[status or "running"] = run
        self._look_inside()
        self._sweep()
        self._search()
        self._taught()

    def _look_inside(self) -> None:
        """What stands for something found inside the run that is done."""
        path = self.store.checkpoint_path(self.runs["done"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        write_found(self.store, made_found(self.runs["done"]))
        write_sensitivity(self.store, made_sensitivity(self.runs["done"]))
        packed_path(self.store, self.runs["done"]).touch()
        write_tried(self.store, self.runs["done"], made_tried(Ask(index=3), 0))

    def _sweep(self) -> None:
        """A sweep of which three runs are done, one has failed and two were cancelled. Nothing was trained."""
        found = sweep_of_variants(DESIGNS["small"](), SWEPT, Recipe(epochs=EPOCHS), 2)
        planned = plan(found)
        definition = found.to_json()
        new = [NewRun(one.design, one.recipe) for one in planned.places]
        key, runs = add_sweep(self.store, "sweep", found.design.name, definition, lambda _: new)
        ends: tuple[Status, ...] = ("done", "done", "failed", "done", "cancelled", "cancelled")
        for number, (run, status) in enumerate(zip(runs, ends, strict=True)):
            self.store.claim_next(100)
            if status != "cancelled":
                self._report(run, EPOCHS - number)
            failure: Failure | None = "diverged" if status == "failed" else None
            error = "Epoch 2, step 7: the loss became nan. Lower the learning rate." if failure else None
            self.store.finish(run, status, error, failure=failure)
        self.sweeps["sweep"] = key

    def _search(self) -> None:
        """A search at work in this process: one on the front, one beaten, one ended early, one over budget."""
        design, budget = DESIGNS["small"](), Limit("arena_bytes", 400_000)
        found = Search(design, Recipe(epochs=EPOCHS), (budget,))
        key, _ = add_sweep(self.store, "search", design.name, found.to_json())
        first, *_ = found.space.degrees
        values = [value for value in first.values if value != first.own][:3]
        points = [found.space.own, *(found.space.own | {first.name: value} for value in values)]
        states: tuple[TrialState, ...] = ("done", "done", "pruned")
        trials = [
            Trial(point, state, priced(found, point).figures, 0.6 - 0.1 * number, reason="behind" * (state == "pruned"))
            for number, (point, state) in enumerate(zip(points, states, strict=False))
        ]
        trials.append(Trial(points[3], "over", {"arena_bytes": 500_000}))
        note_trials(self.store, key, [one.to_data() for one in trials])
        now = process.Work(**asdict(Owner.of_process()), started_at=time.time(), hours=2.0, said="Trial 4: as it is")
        process.write(self.store, key, now)
        self.sweeps["search"] = key

    def _taught(self) -> None:
        """A run that waits for its twin, which is paused, so that nothing starts; one whose twin failed."""
        design, recipe, owner = DESIGNS["small"](), Recipe(epochs=EPOCHS), Owner.of_process()
        twin = full_precision_twin(design)
        for name, status in (("no_teacher", "failed"), ("waits", "paused")):
            teacher = self.store.create_run(twin, recipe.as_teachers(), owner=owner)
            self.store.finish(teacher, status, "It broke.", failure="unexpected")  # type: ignore[arg-type]
            taught = recipe.changed(teacher=teacher)
            self.runs[name] = self.store.create_run(design, taught, waits_for=teacher)
        awaiting.settle(self.store.engine)

    def _report(self, run: str, epochs: int) -> None:
        """The events of so many epochs: curves that rise as curves do. They stand for no training that was done."""
        self.store.add_event(
            run,
            Started(
                engine="xnor",
                engine_reason=None,
                train_images=50_000,
                validation_images=10_000,
                steps_per_epoch=STEPS,
                epochs=EPOCHS,
            ),
        )
        self.store.add_event(run, FirstStep(epoch=1, step=1, seconds=4.0))
        for epoch in range(1, epochs + 1):
            loss, accuracy = 2.3 / epoch**0.4, 0.75 - 0.5 / epoch
            for step in (STEPS // 2, STEPS):
                window = {"epoch": epoch, "step": step, "steps_per_epoch": STEPS, "images_per_second": 1200.0}
                self.store.add_event(run, StepWindow(loss=loss, accuracy=accuracy, **window))
            self.store.add_event(
                run,
                EpochEnd(
                    epoch=epoch,
                    loss=loss,
                    accuracy=accuracy,
                    val_loss=loss + 0.1,
                    val_accuracy=accuracy - 0.02,
                    seconds=60,
                ),
            )

    def close(self) -> None:
        self.store.close()


#: Does something on a page.
Act = Callable[[Page, World], None]


@dataclass(frozen=True)
class State:
    """A page in one state.

    Attributes:
        name: of the state, also of its picture.
        page: the page's address.
        draft, run, sweep: by their names in the world.
        block: which block is selected.
        parameters: more of the address.
        act: what is done on the page where no address leads to the state.
        trained: whether the runs have to be there; states without come first, so that the list is empty there.
    """

    name: str
    page: str = pages.DESIGN
    draft: str | None = None
    run: str | None = None
    sweep: str | None = None
    block: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    act: Act | None = None
    trained: bool = False

    def open(self, page: Page, server: str, world: World) -> None:
        """Opens it, and waits until everything is shown."""
        address = dict(self.parameters)
        if self.draft is not None:
            address["draft"] = world.drafts[self.draft]
        if self.block is not None:
            address["block"] = self.block
        if self.run is not None:
            address["run"] = world.runs[self.run]
        if self.sweep is not None:
            address["trained"] = world.sweeps[self.sweep]
        if self.page == pages.CLASSROOM:
            address["class"] = world.teacher_key
        pages.open_page(page, server, self.page, **address)
        if self.act is not None:
            self.act(page, world)
            page.mouse.move(0, 0)  # no tooltip, which would keep the colors of the theme before
        pages.drawn(page)


# ---- what is done where no address leads to a state


def press(text: str) -> Act:
    """Presses what has this text."""
    return lambda page, _: pages.press_text(page, text)


def add_menu(page: Page, _: World) -> None:
    page.get_by_role("button", name="+ Add").click()
    expect(page.get_by_role("listbox", name="Blocks")).to_be_visible()


def reorder_menu(page: Page, _: World) -> None:
    Canvas(page).card("binary_conv_2").locator(".grip").click()
    expect(page.get_by_role("menu", name="Reorder")).to_be_visible()


def key_list(page: Page, _: World) -> None:
    page.get_by_role("button", name="? Keys").click()
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def select_several(page: Page, _: World) -> None:
    canvas = Canvas(page)
    canvas.card("binary_conv_1").click()
    canvas.card("binary_conv_2").click(modifiers=["Shift"])
    expect(page.locator(".st-key-settings")).to_contain_text(" blocks")
    pages.at_rest(page)


def fold(page: Page, _: World) -> None:
    page.get_by_role("button", name="Fold all").click()


def presets(page: Page, _: World) -> None:
    page.get_by_role("button", name="Presets", exact=True).click()
    expect(page.get_by_role("dialog").get_by_label("Search networks")).to_be_visible()
    pages.at_rest(page)


def exceed_a_budget(page: Page, _: World) -> None:
    page.get_by_role("button", name="Budget", exact=True).click()
    for name, limit in (("Flash", "1 KiB"), ("RAM", "1 MiB")):
        field = page.get_by_role("textbox", name=name, exact=True)
        field.fill(limit)
        field.press("Enter")
        pages.at_rest(page)
    page.keyboard.press("Escape")
    expect(page.locator(".totals .exceeded")).to_have_count(1)
    page.wait_for_timeout(600)  # the tooltip of the button that has the focus fades in


def open_versions(page: Page, _: World) -> None:
    page.get_by_role("button", name="Versions", exact=True).click()
    expect(page.get_by_text(VERSION, exact=True)).to_be_visible()
    pages.at_rest(page)


def collide(page: Page, world: World) -> None:
    draft = world.drafts["shared"]
    Canvas(page).collide(lambda number: world.editor.rename(draft, f"theirs {number}", editor="another"))
    pages.at_rest(page)


def open_advice(page: Page, _: World) -> None:
    """Hints wait behind a press."""
    closed = page.locator("details:not([open]) > summary").filter(has_text="block")
    closed.first.click()
    pages.at_rest(page)


def be_refused(page: Page, _: World) -> None:
    """What is pasted is no block."""
    page.get_by_role("textbox", name="Name", exact=True).select_text()
    page.keyboard.press("Control+c")
    Canvas(page).card("binary_conv_2").click()
    Canvas(page).press("Control+v")
    expect(page.locator(".canvas .refusal")).to_be_visible()


def overlay(page: Page, _: World) -> None:
    page.get_by_role("button", name="Choose all").click()
    expect(page.get_by_text("What differs", exact=True)).to_be_visible()
    pages.at_rest(page)


def draw_means(page: Page, world: World) -> None:
    overlay(page, world)
    pages.press_text(page, "Mean over seeds")
    expect(page.get_by_text("mean of 1 seed").first).to_be_visible()


def label_a_run(page: Page, world: World) -> None:
    pages.open_page(page, page.url.split("/runs")[0], pages.RUNS, labels=world.runs["done"])
    expect(page.get_by_role("textbox", name="Note")).to_be_visible()


def answer_wrong(page: Page, _: World) -> None:
    page.locator(".choice").first.click()  # its name says so once it was chosen
    expect(page.get_by_text("No. The answer is: 3.")).to_be_visible()


def train_one_weight(page: Page, _: World) -> None:
    page.get_by_role("button", name="Step", exact=True).click()
    expect(page.get_by_text("The latent weight moves; the sign stays.")).to_be_visible()


def add_a_shortcut(page: Page, _: World) -> None:
    page.get_by_role("checkbox", name="Shortcut around it").check()
    expect(page.get_by_text("floats: 8 different ones").last).to_be_visible()


def take_the_batch_norm_away(page: Page, _: World) -> None:
    page.get_by_role("checkbox", name="Batch norm").uncheck()
    expect(page.get_by_text("Without batch norm, the sign reads the sums")).to_be_visible()
    page.get_by_role("radio", name="a shortcut around the layer").check()


def choose_a_way(page: Page, _: World) -> None:
    page.get_by_role("radio", name="average pool, channels twice").check()
    expect(page.get_by_text("No weights. ReActNet does this.")).to_be_visible()


def pool_behind_the_batch_norm(page: Page, _: World) -> None:
    page.locator(".poolorder").get_by_role("combobox", name="of each").select_option("3")
    expect(page.get_by_text("one +1 among 9 is enough")).to_be_visible()
    page.locator(".poolorder .orders").scroll_into_view_if_needed()


def move_the_sign(page: Page, _: World) -> None:
    page.locator(".onesign").get_by_role("slider").press("Home")
    expect(page.get_by_text("Every sum becomes the same sign")).to_be_visible()
    page.get_by_role("radio", name="around every layer").check()


def look_at_the_front(page: Page, _: World) -> None:
    page.get_by_role("radio", name="binary, with shortcuts").check()
    for layer in page.locator(".puzzle").get_by_role("radio", name="binary", exact=True).all():
        layer.check()
    page.get_by_role("group", name="Layer 1").get_by_role("radio", name="32 filters").check()
    for number in (2, 3):
        page.get_by_role("group", name=f"Layer {number}").get_by_role("checkbox", name="shortcut").uncheck()
    page.get_by_role("button", name="Keep this choice").click()
    page.get_by_role("checkbox", name="Show the whole front").check()
    expect(page.get_by_text("not found yet").first).to_be_visible()


def flip_for_nothing(page: Page, _: World) -> None:
    page.get_by_role("combobox", name="Gradients").select_option(label="noise alone")
    page.get_by_role("slider", name="Threshold").press("Home")
    expect(page.get_by_text("No flip is worth it.")).to_be_visible()


def choose_a_pair(page: Page, _: World) -> None:
    first = page.get_by_role("group", name="First layer")
    first.get_by_label("binary weights and inputs").check()
    expect(page.get_by_text("unknown: no run")).to_be_visible()


def _view(title: str, draft: str = "small") -> State:
    return State(f"design-{title.lower().replace(' ', '-')}", draft=draft, parameters=(("view", title),))


def _part(name: str, part: str, designs: str = "") -> State:
    chosen = (("designs", designs),) if designs else ()
    return State(f"compare-{name}", pages.COMPARE, parameters=(("part", part), *chosen))


STATES: tuple[State, ...] = (
    State("start"),
    State("start-words", act=press("Words")),
    State("design-empty", draft="empty"),
    State("design-preset", draft="preset"),
    State("design-file", draft="small", act=press("File")),
    State("design-words", draft="small", act=press("Words")),
    State("design-selected", draft="small", block="binary_conv_2"),
    State("design-several-selected", draft="small", act=select_several),
    State("design-folded", draft="small", act=fold),
    State("design-add-menu", draft="small", block="binary_conv_2", act=add_menu),
    State("design-reorder-menu", draft="small", act=reorder_menu),
    State("design-keys", draft="small", act=key_list),
    State("design-refused-edit", draft="small", act=be_refused),
    State("design-branches", draft="branches"),
    State("design-presets", draft="small", act=presets),
    State("design-budget-exceeded", draft="small", act=exceed_a_budget),
    State("design-versions", draft="small", act=open_versions),
    State("design-conflict", draft="shared", act=collide),
    State("design-stem-offer", draft="stem"),
    State("design-time-series", draft="series", block="binary_conv_1"),
    State("design-error", draft="broken", block="shortcut_1"),
    State("design-long-names", draft="long"),
    State("design-150-blocks", draft="large", block=EDITED),
    State("design-advice", draft="advised", act=open_advice),
    _view("Layers"),
    _view("Picture"),
    _view("Memory over time"),
    _view("In bits"),
    _view("Deployment"),
    _view("Devices"),
    _view("Training memory"),
    State("compare", pages.COMPARE, draft="small"),
    State("compare-nothing", pages.COMPARE),
    _part("nothing-side-by-side", "side-by-side"),
    _part("two", "side-by-side", designs=TWO),
    _part("six", "side-by-side", designs=SIX),
    _part("trade-offs", "trade-offs"),
    State("compare-search-form", pages.COMPARE, draft="small", parameters=(("part", "search"),)),
    State("train", pages.TRAIN, draft="small"),
    State("train-nothing", pages.TRAIN),
    State("train-twin", pages.TRAIN, draft="small", parameters=(("teacher", "twin"),)),
    State("train-refused", pages.TRAIN, draft="broken"),
    State("train-misfit", pages.TRAIN, draft="digits"),
    State("runs-empty", pages.RUNS),
    State("export-design", pages.EXPORT, draft="small", parameters=(("to", "onnx"),)),
    State("learn", pages.LEARN),
    State("learn-binary-layer", pages.LEARN, parameters=(("lesson", "binary-layer"),), act=answer_wrong),
    State("learn-no-slope", pages.LEARN, parameters=(("lesson", "no-slope"),), act=train_one_weight),
    State("learn-inputs-or-outputs", pages.LEARN, parameters=(("lesson", "inputs-or-outputs"),), act=add_a_shortcut),
    State("learn-first-and-last", pages.LEARN, parameters=(("lesson", "first-and-last"),), act=choose_a_pair),
    State("learn-batch-norm", pages.LEARN, parameters=(("lesson", "batch-norm"),), act=take_the_batch_norm_away),
    State("learn-shape-change", pages.LEARN, parameters=(("lesson", "shape-change"),), act=choose_a_way),
    State("learn-shortcuts", pages.LEARN, parameters=(("lesson", "shortcuts"),), act=move_the_sign),
    State("learn-pooling", pages.LEARN, parameters=(("lesson", "pooling"),), act=pool_behind_the_batch_norm),
    State("learn-device-cost", pages.LEARN, parameters=(("lesson", "device-cost"),), act=look_at_the_front),
    State("learn-training-tricks", pages.LEARN, parameters=(("lesson", "training-tricks"),), act=flip_for_nothing),
    State("classroom", pages.CLASSROOM),
    State("train-running", pages.TRAIN, draft="small", run="running", trained=True),
    State("train-done", pages.TRAIN, draft="small", run="done", trained=True),
    State("train-interrupted", pages.TRAIN, draft="small", run="interrupted", trained=True),
    State("train-failed", pages.TRAIN, draft="small", run="failed", trained=True),
    State("train-waits", pages.TRAIN, draft="small", run="waits", parameters=(("teacher", "twin"),), trained=True),
    State("train-no-teacher", pages.TRAIN, draft="small", run="no_teacher", trained=True),
    State("compare-search", pages.COMPARE, draft="small", parameters=(("part", "search"),), trained=True),
    State(
        "compare-sweep",
        pages.COMPARE,
        draft="small",
        sweep="sweep",
        parameters=(("variants", ",".join(SWEPT)),),
        trained=True,
    ),
    State("runs", pages.RUNS, trained=True),
    State("runs-no-match", pages.RUNS, parameters=(("q", "nothing such"),), trained=True),
    State("runs-labels", pages.RUNS, act=label_a_run, trained=True),
    State("runs-overlay", pages.RUNS, act=overlay, trained=True),
    State("classroom-runs", pages.CLASSROOM, parameters=(("see", "runs"),), trained=True),
    State("export", pages.EXPORT, run="done", parameters=(("of", "run"),), trained=True),
    State("inside", pages.INSIDE, run="done", trained=True),
    State("inside-weights", pages.INSIDE, run="done", parameters=(("part", "weights"),), trained=True),
    State("inside-answers", pages.INSIDE, run="done", parameters=(("part", "answers"),), trained=True),
    State("inside-sensitivity", pages.INSIDE, run="done", parameters=(("part", "sensitivity"),), trained=True),
    State("inside-try", pages.INSIDE, run="done", parameters=(("part", "try"),), trained=True),
    State("runs-means", pages.RUNS, act=draw_means, trained=True),
)
