"""A class on one server: everybody goes through the lessons and changes a network, some train theirs and watch it,
and the teacher looks on.

Each student is a client without a browser (``browser.clients``), with pages that draw parts of themselves again as a
browser would have them. Between two answers is a pause to think, other ones for each student and the same each time.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

from bnn_designer.bench.browser import pages
from bnn_designer.bench.browser.clients import Client, button_pressed, number_typed, visitor
from bnn_designer.bench.request import BenchError
from bnn_designer.design import Design, walk
from bnn_designer.design.blocks import BinaryConv
from bnn_designer.design.links import PARAMETER, link_text
from bnn_designer.lessons.course import COURSE
from bnn_designer.runs.classes import Classes, LessonState, Member, Members, Report
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store, store_url
from bnn_designer.training.recipe import Recipe

#: What a class trains: short runs, as everybody waits for everybody's.
RECIPE = Recipe(epochs=2, subset=1_500)
_FILTERS = (48, 64, 80, 96)
#: Seconds that the teacher looks on before seeing whether all have gone: two turns of the page, which is drawn every 5.
_LOOK_S = 11.0
#: Edits of a network at the end of the course, and of those who train, before.
EDITS = 4


@dataclass
class Heard:
    """What everybody waited, in ms, by what was asked.

    Attributes:
        lessons: a lesson opened.
        edits: a network opened or changed.
        drawn: a part of a page that is drawn again by itself.
        taught: the teacher's page of the class's runs, opened and drawn again.
    """

    lessons: list[float] = field(default_factory=list)
    edits: list[float] = field(default_factory=list)
    drawn: list[float] = field(default_factory=list)
    taught: list[float] = field(default_factory=list)

    @property
    def asked(self) -> list[float]:
        """What somebody waited for: all but parts that draw themselves again."""
        return [*self.lessons, *self.edits]


@dataclass(frozen=True)
class Pace:
    """How fast a class is.

    Attributes:
        every_s: from an answer to what the student asks next, on average.
        watch_s: how long those who train look at their run.
    """

    every_s: float
    watch_s: float


def hold(
    server: str, home: Path, students: int, training: int, pace: Pace, design: Design
) -> tuple[Heard, list[float]]:
    """One class from the first lesson to the last, all students at once.

    Args:
        server: its address.
        home: the folder of its store.
        students: how many.
        training: how many of them start a run of :data:`RECIPE` and watch it, while the others go through the lessons.
        pace: of all.
        design: the network that everybody changes and some train.

    Returns:
        What they waited, and for each run the seconds from the press to its end, which is waited for.

    Raises:
        BenchError: a page shows an error or no answer comes, an edit is lost, or a run fails.
    """
    heard = Heard()
    store = Store(store_url(home), home)
    try:
        asyncio.run(_all(server, store, students, training, pace, design, heard))
        runs = store.runs()
        if len(runs) != training:
            raise BenchError(f"{len(runs)} runs are in the store, and {training} were started.")
        return heard, asyncio.run(_ended(store))
    finally:
        store.close()


async def _all(
    server: str, store: Store, students: int, training: int, pace: Pace, design: Design, heard: Heard
) -> None:
    members = Members(store.engine)
    record, key = Classes(store.engine).create("thirty")

    async def one(index: int) -> None:
        pauses = random.Random(index)
        member, cookie = members.join(record.id)
        student = _Student(
            server, store, member, cookie, design, heard, lambda: pace.every_s * pauses.uniform(0.5, 1.5)
        )
        if index < training:
            await student.train(pace.watch_s)
        else:
            await student.learn()

    async def teach() -> None:
        """Looks at the class's runs until all students have gone."""
        async with visitor(server, f"class={key}&see=runs", pages.CLASSROOM) as client:
            heard.taught.append(await client.change())
            while not_gone:
                heard.taught += await client.rest(_LOOK_S)

    not_gone = True
    teaching = asyncio.create_task(teach())
    try:
        await asyncio.gather(*(one(index) for index in range(students)))
    finally:
        not_gone = False
    await teaching


@dataclass(frozen=True)
class _Student:
    server: str
    store: Store
    member: Member
    cookie: str
    design: Design
    heard: Heard
    pause: Callable[[], float]

    def _visit(self, query: str = "", page: str = "") -> AbstractAsyncContextManager[Client]:
        return visitor(self.server, query, page, cookie=f"{pages.MEMBER_COOKIE}={self.cookie}")

    async def learn(self) -> None:
        """All lessons, then a network opened by its link and changed."""
        members, seen = Members(self.store.engine), dict[str, LessonState]()
        async with self._visit(page=pages.LEARN) as client:
            for lesson in COURSE:
                await self._think(client)
                client.query = f"lesson={lesson.name}"
                self.heard.lessons.append(await client.change())
                seen[lesson.name] = LessonState(answer=0, done=True)
                # Keeping it is what a browser's report comes to for the server; here it takes the client's processor.
                await asyncio.to_thread(members.report, self.member.id, Report(seen))
        await self._change_network()

    async def train(self, watch_s: float) -> None:
        """A network changed, given a short recipe, trained and watched."""
        draft = await self._change_network()
        Drafts(self.store.engine).set_recipe(draft, RECIPE.to_json())
        async with self._visit(f"draft={draft}", pages.TRAIN) as client:
            self.heard.edits.append(await client.change())
            await self._think(client)
            self.heard.edits.append(await client.change(button_pressed("Start training")(client.shown, 0)))
            self.heard.drawn += await client.rest(watch_s)

    async def _think(self, client: Client) -> None:
        self.heard.drawn += await client.rest(self.pause())

    async def _change_network(self) -> str:
        """Opens the network by its link, selects a block and changes it; the draft's id."""
        async with self._visit(f"{PARAMETER}={link_text(self.design)}") as client:
            self.heard.edits.append(await client.change())
            draft = parse_qs(client.query).get("draft", [""])[0]
        if not draft:
            raise BenchError(f"The Design page made no draft of a link: its address is ?{client.query}.")
        block = next(one.id for _, one in walk(self.design.blocks) if isinstance(one, BinaryConv))
        async with self._visit(f"draft={draft}&block={block}") as client:
            self.heard.edits.append(await client.change())
            for done in range(EDITS):
                await self._think(client)
                self.heard.edits.append(await client.change(number_typed(pages.FILTERS, _FILTERS)(client.shown, done)))
        return draft


async def _ended(store: Store) -> list[float]:
    """Seconds of each run from the press to its end."""
    while any(not run.ended for run in store.runs()):
        await asyncio.sleep(0.5)
    found = []
    for run in store.runs():
        if run.status != "done" or run.finished_at is None:
            raise BenchError(f"Run {run.id} is {run.status}: {run.error or 'it says no more'}")
        found.append((run.finished_at - run.created_at).total_seconds())
    return found
