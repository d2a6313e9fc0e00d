"""Visitors without a browser: they speak Streamlit's own protocol over its WebSocket, so that dozens fit one process.

A browser's part is not in their times: from sending a change to the message that says that the script has run. Like a
browser that has seen nothing yet, a client asks for every message whole.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from websockets.asyncio.client import ClientConnection, connect

from bnn_designer.bench.request import BenchError

_ANSWER_TIMEOUT_S = 60.0


@dataclass
class Client:
    """One tab.

    Attributes:
        query: the address' parameters, such as ``draft=1a2b``; the server changes them too.
        page: the page's name in the address; "" for the first.
        shown: the elements of the page as it is now, in the order in which they came.
        repeats: the parts that the page asks for again by itself, and every how many seconds.
    """

    socket: ClientConnection
    query: str
    page: str = ""
    shown: list[Element] = field(default_factory=list)
    repeats: dict[str, float] = field(default_factory=dict)

    async def change(self, *states: WidgetState) -> float:
        """Sends changed widgets, none to open the page; ms until the server has answered all.

        Raises:
            BenchError: the page shows an exception, or no answer comes within a minute.
        """
        self.repeats = {}
        took_ms, self.shown = await self._ask(ClientState(widget_states=WidgetStates(widgets=states)))
        return took_ms

    async def rest(self, seconds: float) -> list[float]:
        """Looks at the page for so long, whose parts are drawn again as it asks; ms of each time.

        Raises:
            BenchError: as :meth:`change`.
        """
        times: list[float] = []
        end = time.monotonic() + seconds
        due = {part: time.monotonic() + every_s for part, every_s in self.repeats.items()}
        while due and min(due.values()) < end:
            part = min(due, key=lambda one: due[one])
            await asyncio.sleep(max(0.0, due[part] - time.monotonic()))
            took_ms, _ = await self._ask(ClientState(fragment_id=part, is_auto_rerun=True))
            times.append(took_ms)
            for one, every_s in self.repeats.items():
                due.setdefault(one, time.monotonic() + every_s)
            due = {one: at for one, at in due.items() if one in self.repeats}
            if part in due:
                due[part] = max(due[part] + self.repeats[part], time.monotonic())
        await asyncio.sleep(max(0.0, end - time.monotonic()))
        return times

    async def _ask(self, state: ClientState) -> tuple[float, list[Element]]:
        """Sends one message; ms until all is answered, and the elements that came."""
        state.query_string, state.page_name = self.query, self.page
        start = time.perf_counter()
        await self.socket.send(BackMsg(rerun_script=state).SerializeToString())
        try:
            shown = await asyncio.wait_for(self._answer(), _ANSWER_TIMEOUT_S)
        except asyncio.TimeoutError as error:
            raise BenchError(f"{self._where}: no answer within {_ANSWER_TIMEOUT_S:g} s.") from error
        took_ms = 1e3 * (time.perf_counter() - start)
        broken = [element.exception.message for element in shown if element.WhichOneof("type") == "exception"]
        if broken:
            raise BenchError(f"{self._where}: the page shows an exception: {broken[0]}")
        return took_ms, shown

    @property
    def _where(self) -> str:
        return f"{self.page}?{self.query}" if self.page else self.query

    async def _answer(self) -> list[Element]:
        found: list[Element] = []
        repeats: dict[str, float] = {}
        async for data in self.socket:
            message = ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())
            kind = message.WhichOneof("type")
            if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                found.append(message.delta.new_element)
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "page_not_found":
                raise BenchError(f"{self._where}: the app has no page of this name.")
            elif kind == "auto_rerun":
                repeats[message.auto_rerun.fragment_id] = message.auto_rerun.interval
            elif kind == "stop_auto_rerun":
                for part in message.stop_auto_rerun.fragment_ids:  # told while one of them is run
                    self.repeats.pop(part, None)
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                # a run of the whole page says anew what is repeated: of parts that are gone no answer would come
                whole = message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
                self.repeats = repeats if whole else self.repeats | repeats
                return found
        raise BenchError(f"{self._where}: the server has closed the connection.")


#: What the next edit of a client sends, by what its page shows and how many edits it has made.
MakeEdit = Callable[[Sequence[Element], int], WidgetState]


def number_typed(label: str, numbers: Sequence[int]) -> MakeEdit:
    """Types one number after the other into the field with this label."""

    def make(shown: Sequence[Element], done: int) -> WidgetState:
        found = [element.number_input for element in shown if element.number_input.label == label]
        if not found:
            raise BenchError(f"The page shows no field {label!r}.")
        return WidgetState(id=found[-1].id, int_value=numbers[done % len(numbers)])

    return make


def button_pressed(label: str) -> MakeEdit:
    def make(shown: Sequence[Element], _: int) -> WidgetState:
        found = [element.button for element in shown if element.button.label == label]
        if not found:
            raise BenchError(f"The page shows no button {label!r}.")
        return WidgetState(id=found[-1].id, trigger_value=True)

    return make


@asynccontextmanager
async def visitor(server: str, query: str = "", page: str = "", cookie: str = "") -> AsyncIterator[Client]:
    """A tab of a server's, which has not asked for its page yet; ``cookie`` is its browser's."""
    stream = f"{server.replace('http', 'ws', 1)}/_stcore/stream"
    protocols: Any = ["streamlit"]
    options: Any = {"compression": None, "max_size": None, "additional_headers": {"Cookie": cookie} if cookie else {}}
    async with connect(stream, subprotocols=protocols, **options) as socket:
        yield Client(socket, query, page)


async def edit_together(
    server: str, queries: Sequence[str], make: MakeEdit, edits: int, every_s: float
) -> list[list[float]]:
    """Opens a tab for each query, waits until all are there, then lets all edit at once.

    Args:
        server: its address.
        queries: the parameters of each tab's address.
        make: an edit of any of them.
        edits: of each.
        every_s: from one edit of a tab to its next, on average; the tabs are not in step, the same ones each time.

    Returns:
        ms of each edit, by tab.
    """
    here = asyncio.Event()
    missing = len(queries)

    async def work(index: int, query: str) -> list[float]:
        nonlocal missing
        pauses = random.Random(index)
        async with visitor(server, query) as client:
            await client.change()
            missing -= 1
            if missing == 0:
                here.set()
            await here.wait()
            times = []
            for done in range(edits):
                await asyncio.sleep(every_s * pauses.uniform(0.5, 1.5))
                times.append(await client.change(make(client.shown, done)))
            return times

    return await asyncio.gather(*(work(index, query) for index, query in enumerate(queries)))
