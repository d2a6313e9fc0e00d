"""Every page in every state that matters, opened by its address: for axe, for the network, for the screenshots.

The drafts and runs are put into the server's store, so that hardly anything has to be pressed on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from bnn_designer.bench.browser import pages
from bnn_designer.bench.cases.ui import EDITED, design_of
from bnn_designer.design import Design
from bnn_designer.design.blocks import BinaryConv, BinaryDense, Conv, Head, Shortcut
from bnn_designer.design.presets import preset
from bnn_designer.processes import Owner
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store, store_url
from bnn_designer.training.events import EpochEnd, Started, StepWindow
from bnn_designer.training.recipe import Recipe

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


DESIGNS: Mapping[str, Callable[[], Design]] = {
    "empty": Design,
    "small": lambda: preset("bi-real-cifar"),
    "preset": lambda: preset("reactnet-cifar"),
    "large": lambda: design_of(150),
    "broken": broken,
    "long": named_at_length,
}


class World:
    """The store of a server, and the drafts and runs in it."""

    def __init__(self, home: Path) -> None:
        self.store = Store(store_url(home), home)
        drafts = Drafts(self.store.engine)
        self.drafts = {name: drafts.create(make()).id for name, make in DESIGNS.items()}
        self.runs: dict[str, str] = {}

    def train(self) -> None:
        """Runs that are done, under way (by this process) and failed."""
        owner = Owner.of_process()
        for name, epochs, status in (("small", EPOCHS, "done"), ("long", 3, None), ("small", 1, "failed")):
            run = self.store.create_run(DESIGNS[name](), Recipe(epochs=EPOCHS), owner=owner)
            self._report(run, epochs)
            if status is not None:
                error = "The worker process 4711 ended without a report: it was killed." if status == "failed" else None
                self.store.finish(run, status, error)
            self.runs[status or "running"] = run

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


@dataclass(frozen=True)
class State:
    """A page in one state.

    Attributes:
        name: of the state, also of its picture.
        page: the page's address.
        draft, run: by their names in the world.
        block: which block is selected.
        parameters: more of the address.
        press: the name of a button or link that is pressed on the page.
        trained: whether the runs have to be there; states without come first, so that the list is empty there.
    """

    name: str
    page: str = pages.DESIGN
    draft: str | None = None
    run: str | None = None
    block: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    press: str | None = None
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
        pages.open_page(page, server, self.page, **address)
        if self.press is not None:
            pages.press_text(page, self.press)
            page.mouse.move(0, 0)  # no tooltip, which would keep the colors of the theme before
        pages.drawn(page)


def _view(title: str, draft: str = "small") -> State:
    return State(f"design-{title.lower().replace(' ', '-')}", draft=draft, parameters=(("view", title),))


STATES: tuple[State, ...] = (
    State("start"),
    State("start-words", press="Words"),
    State("design-empty", draft="empty"),
    State("design-preset", draft="preset"),
    State("design-file", draft="small", press="File"),
    State("design-selected", draft="small", block="binary_conv_2"),
    State("design-error", draft="broken", block="shortcut_1"),
    State("design-long-names", draft="long"),
    State("design-150-blocks", draft="large", block=EDITED),
    _view("Layers"),
    _view("Picture"),
    _view("Memory over time"),
    _view("Deployment"),
    _view("Devices"),
    _view("Training memory"),
    State("compare", pages.COMPARE, draft="small"),
    State("compare-nothing", pages.COMPARE),
    State("compare-two", pages.COMPARE, draft="small", press="Two designs"),
    State("train", pages.TRAIN, draft="small"),
    State("train-nothing", pages.TRAIN),
    State("train-refused", pages.TRAIN, draft="broken"),
    State("runs-empty", pages.RUNS),
    State("train-running", pages.TRAIN, draft="small", run="running", trained=True),
    State("train-done", pages.TRAIN, draft="small", run="done", trained=True),
    State("train-failed", pages.TRAIN, draft="small", run="failed", trained=True),
    State("runs", pages.RUNS, trained=True),
)
