"""A browser tab whose server dies: at the first statement of an operation, then at the second, until it gets through.

``python -m tests.runs.drafts.crashing URL DRAFT COUNT``: each operation ``n`` adds a block with the label ``n``; every
third one is refused, and skipped; every fourth one is an undo. Each attempt is a process of its own, which is killed
just before a statement or the commit. Prints how often one was.
"""

from __future__ import annotations

import os
import signal
import sys

from sqlalchemy import event

from bnn_designer.design import Design, apply_edit
from bnn_designer.design.edits import Remove
from bnn_designer.errors import DesignError
from bnn_designer.runs.connection import open_engine
from bnn_designer.runs.drafts import Drafts, Mark
from tests.runs.drafts.changes import adding


def main(url: str, draft_id: str, count: int) -> None:
    killed = 0
    for number in range(1, count + 1):
        statement = 1
        while not _attempt(url, draft_id, number, statement):
            statement += 1
            killed += 1
    print(killed)


def _attempt(url: str, draft_id: str, number: int, fatal: int) -> bool:
    """Whether the operation gets through in a process that is killed at its ``fatal``-th statement."""
    child = os.fork()
    if child == 0:
        drafts = Drafts(engine := open_engine(url))
        left = fatal

        def count_down(*_: object) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(engine, "before_cursor_execute", count_down)
        event.listen(engine, "commit", count_down)
        _send(drafts, draft_id, number)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        sys.exit(f"operation {number} failed")
    return not os.WIFSIGNALED(status)


def _send(drafts: Drafts, draft_id: str, number: int) -> None:
    mark = Mark("tab", number)
    if number % 4 == 0:
        drafts.undo(draft_id, mark)
    elif number % 3:
        drafts.change(draft_id, adding(str(number)), mark=mark)
    else:
        try:
            drafts.change(draft_id, _refused, mark=mark)
        except DesignError:
            drafts.skip(draft_id, mark)


def _refused(design: Design) -> Design:
    return apply_edit(design, Remove(block_id="gone"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
