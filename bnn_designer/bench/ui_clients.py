"""Thirty people who edit at once, each a design of their own; beside as many who press the bare page's button.

The people are clients without a browser, in this process; see `browser.clients`. After each round every edit has to be
in the store, else there is no row but an error.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from bnn_designer.bench import targets
from bnn_designer.bench.browser import pages
from bnn_designer.bench.browser.clients import button_pressed, edit_together, number_typed
from bnn_designer.bench.browser.server import APP, BARE, served
from bnn_designer.bench.cases.planned import wanted
from bnn_designer.bench.cases.ui import (
    CLIENT_BLOCKS,
    CLIENT_EDITS,
    EDIT_EVERY_S,
    EDITED,
    MEDIAN,
    P95,
    design_of,
    planned_clients,
)
from bnn_designer.bench.request import BenchError, Request
from bnn_designer.bench.rows import Row, Sample
from bnn_designer.bench.ui import OURS, bare_name, new_draft
from bnn_designer.design import walk
from bnn_designer.runs.drafts import Drafts
from bnn_designer.runs.store import Store, store_url

#: Filters that the edited block gets in turn; it has others before.
_FILTERS = (128, 96)
_ROUNDS = 2


def measure(request: Request) -> Iterator[Row]:
    """Both rows of the same rounds."""
    for clients, texts in wanted(request, planned_clients(request)).items():
        times: dict[str, list[list[float]]] = {OURS: [], bare_name(): []}
        with ExitStack() as stack:
            home = Path(stack.enter_context(TemporaryDirectory()))
            app, bare = stack.enter_context(served(APP, home)), stack.enter_context(served(BARE, home))
            for _ in range(request.rounds or _ROUNDS):
                times[OURS].append(edit_drafts(app, home, clients, CLIENT_EDITS, EDIT_EVERY_S))
                times[bare_name()].append(_press_buttons(bare, clients))
        for way, text in texts.items():
            figure = _FIGURES[way]
            ours, peer = (Sample.of(name, [figure(one) for one in rounds]) for name, rounds in times.items())
            count = clients * CLIENT_EDITS
            note = f"each round {count} edits, all of them in the store"
            yield Row(text, 1, ours, peer, targets.CLIENTS_P95 if way == P95 else None, note=note)


def p95(values: list[float]) -> float:
    """The least value that 95 % of the values do not exceed."""
    return sorted(values)[-(-95 * len(values) // 100) - 1]


_FIGURES: dict[str, Callable[[list[float]], float]] = {P95: p95, MEDIAN: statistics.median}


def edit_drafts(app: str, home: Path, clients: int, edits: int, every_s: float) -> list[float]:
    """ms of all edits of so many people, each in a draft of their own.

    Raises:
        BenchError: an edit did not arrive in the store.
    """
    drafts = [new_draft(home, design_of(CLIENT_BLOCKS)) for _ in range(clients)]
    queries = [f"draft={draft}&block={EDITED}" for draft in drafts]
    make = number_typed(pages.FILTERS, _FILTERS)
    times = asyncio.run(edit_together(app, queries, make, edits, every_s))
    _expect_all(home, drafts, edits)
    return [ms for of_one in times for ms in of_one]


def _expect_all(home: Path, drafts: list[str], edits: int) -> None:
    """Every edit is a step in the history of its draft, and the last one is the present."""
    store = Store(store_url(home), home)
    try:
        kept = Drafts(store.engine)
        for draft in drafts:
            found = kept.get(draft)
            blocks = {block.id: block for _, block in walk(found.design.blocks)}
            filters = getattr(blocks[EDITED], "filters", None)
            if found.undo_steps != edits or filters != _FILTERS[(edits - 1) % len(_FILTERS)]:
                raise BenchError(
                    f"Draft {draft}: {found.undo_steps} of {edits} edits are in the store, the last one with "
                    f"{filters} filters. Edits were lost."
                )
    finally:
        store.close()


def _press_buttons(bare: str, clients: int) -> list[float]:
    times = asyncio.run(edit_together(bare, [""] * clients, button_pressed("Press"), CLIENT_EDITS, EDIT_EVERY_S))
    return [ms for of_one in times for ms in of_one]
