"""What is measured of the pages: edits by the size of the design, pages until they are usable, many people at once."""

from __future__ import annotations

from bnn_designer.bench.cases.planned import Planned
from bnn_designer.bench.request import Request
from bnn_designer.design import Design
from bnn_designer.design.blocks import BatchNormOptions, BinaryConv, Conv, GlobalPool, Head, Shortcut

#: How many blocks a design has, and the block that is edited in each.
BLOCKS = (13, 60, 150)
EDITED = "edited"

#: Ways of looking at an edit.
SHOWN, MESSAGES, RECEIVED, ELEMENTS = "shown", "messages", "received", "elements"
_EDITS = {
    SHOWN: "from the press to the changed figure",
    MESSAGES: "messages of the server",
    RECEIVED: "KiB of them",
    ELEMENTS: "elements on the page",
}

#: Pages; the first one is opened by its address, the others by the menu.
NEW_SERVER, NEW_VISITOR = "new server", "new visitor"
LATER = ("compare", "train", "runs")
_PAGES = {
    NEW_SERVER: "first page of a new server",
    NEW_VISITOR: "first page of a new visitor",
    **{page: f"from Design to {page.title()}" for page in LATER},
}

#: People at once, how many edits each makes, and the seconds from one to the next.
CLIENTS, CLIENT_EDITS, EDIT_EVERY_S = 30, 8, 4.0
CLIENT_BLOCKS = 60
#: A class, and how many of it train.
STUDENTS, TRAINING = 30, 5
P95, MEDIAN = "p95", "median"
RUN = "run"
_CLIENTS = {P95: "95th percentile", MEDIAN: "median"}


def planned(_: Request) -> list[Planned[int | str]]:
    edits = [Planned[int | str](f"edit at {n} blocks, {text}", n, way) for n in BLOCKS for way, text in _EDITS.items()]
    return [*edits, *(Planned[int | str](text, page) for page, text in _PAGES.items())]


def planned_clients(_: Request) -> list[Planned[int]]:
    what = f"{CLIENTS} people at once, an edit every {EDIT_EVERY_S:g} s each"
    return [Planned(f"{what}, {text}", CLIENTS, way) for way, text in _CLIENTS.items()]


def planned_class(_: Request) -> list[Planned[tuple[int, int]]]:
    what = f"a class of {STUDENTS}, {TRAINING} of them training"
    rows = {P95: "95th percentile of answers", MEDIAN: "median of answers", RUN: "from the press to a run's end"}
    return [Planned(f"{what}, {text}", (STUDENTS, TRAINING), way) for way, text in rows.items()]


def design_of(blocks: int) -> Design:
    """A stem, binary convolutions with shortcuts, the edited one, which has none, and a head: `blocks` in all.

    An odd number of blocks takes one more convolution without a shortcut.

    Args:
        blocks: at least 4, those inside shortcuts counted.
    """
    norm = BatchNormOptions()
    body = [Shortcut(body=(BinaryConv(filters=64, batch_norm=norm),)) for _ in range((blocks - 4) // 2)]
    more = [BinaryConv(filters=64, batch_norm=norm)] * (blocks % 2)
    edited = BinaryConv(id=EDITED, filters=64, batch_norm=norm)
    name = f"{blocks} blocks"
    return Design(name=name, blocks=(Conv(filters=64, batch_norm=norm), *body, *more, edited, GlobalPool(), Head()))
